// What adapter_config.json may say, against peft (fixtures/adapters.py): it is computed as peft
// computes it, or refused by name.
import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from 'bertlet';

import { adapterFiles } from '../helpers/adapters.js';
import { floats, largestDifference, readFixture, tinyModel } from '../helpers/fixtures.js';

const adapters = readFixture('adapters.json');
const cases = readFixture('adapter-settings.json');
const bar = 1e-4;
const text = 'Old wind.';

/** Keys, or their values, that peft computes something with and that are refused here. */
const refused = [
  [/"init_lora_weights":"(pissa|olora)/i, 'UNSUPPORTED', /init_lora_weights "(pissa|olora).*base/i],
  [/kasa_config/, 'UNSUPPORTED', /kasa_config/],
  [/alora_invocation_tokens":\[1/, 'UNSUPPORTED', /alora_invocation_tokens/],
  [/use_dora/, 'UNSUPPORTED', /use_dora/],
  [/layer_replication/, 'UNSUPPORTED', /layer_replication/],
  [/\(\?!/, 'UNSUPPORTED', /alpha_pattern.*"self\.\(\?!q\)\.\*".*look-around/],
  [/1e\+?(20|39)|100000000000000000000/, 'BAD_MODEL', /lora_alpha/],
];

for (const { adapter, settings, row, logits, error } of cases) {
  const json = JSON.stringify(settings);
  test(`${adapter} with ${json}, in peft ${error ?? 'computed'}`, async () => {
    const given = Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [
        key,
        value === 'DEFAULT' ? undefined : value,
      ]),
    );
    const files = adapterFiles(adapter, { config: given });
    const loading = load(tinyModel(adapters[adapter].base), { dtype: 'fp32', adapter: files });
    const [, code, message] = refused.find(([pattern]) => pattern.test(json)) ?? [];
    if (code) return assert.rejects(loading, { code, message });
    if (error) {
      return assert.rejects(loading, ({ code: actual, message: sentence }) => {
        assert.ok(['BAD_MODEL', 'UNSUPPORTED'].includes(actual), sentence);
        assert.ok(
          Object.keys(settings).some((key) => sentence.includes(key)),
          sentence,
        );
        return true;
      });
    }
    const model = await loading;
    const output = await model.forward(text);
    model.dispose();
    const first = output.lastHiddenState.data.slice(0, floats(row).length);
    assert.ok(largestDifference(first, floats(row)) <= bar);
    assert.ok(largestDifference(output.logits.data, floats(logits)) <= bar);
  });
}
