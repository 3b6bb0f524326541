import { truncations } from './encode-call.js';
import { BertletError, disposedError } from './errors.js';
import { badArgument, readChoice, readCount, readInputs, readSignal } from './inputs.js';
import { cosine, cutDimensions, toPrecision } from './vectors.js';

/** A loaded model: see index.d.ts for what each call takes and gives. */
export class Model {
  #engine;
  #tokenizer;
  #settings;
  #signal;
  #disposed = false;

  /**
   * @param {import('./engine.js').Engine | import('./client.js').WorkerEngine} engine
   * @param {import('./tokenizer.js').Tokenizer} tokenizer
   * @param {ReturnType<typeof import('./folder.js').readFolder>} settings what the folder's
   *   small files say
   * @param {{ dtype: string, simd: string, signal?: AbortSignal }} choices made while loading
   */
  constructor(engine, tokenizer, settings, choices) {
    this.#engine = engine;
    this.#tokenizer = tokenizer;
    this.#settings = { ...settings, ...choices };
    this.#signal = choices.signal;
  }

  get info() {
    const { config, dtype, simd } = this.#settings;
    const { memoryBytes, parameters, threads } = this.#engine.info();
    return {
      architecture: config.model_type,
      parameters,
      dtype,
      simd,
      threads,
      memoryBytes: this.#disposed ? 0 : memoryBytes,
      heads: [],
      layers: config.layers,
      hiddenSize: config.hidden_size,
      attentionHeads: config.heads,
      vocabSize: config.vocab_size,
      maxLength: this.#settings.maxLength,
    };
  }

  get tokenizer() {
    this.#check();
    return this.#tokenizer;
  }

  async embed(x, options = {}) {
    const { inputs, isArray } = readInputs(x);
    const how = this.#readEmbedOptions(options);
    const texts = inputs.map((input) => this.#prepareText(input, how.prompt));
    const pooling = how.pooling === 'none' ? undefined : how.pooling;
    const { vectors, outputs } = await this.#run(texts, options, {
      pooling,
      normalize: how.normalize && how.dimensions === this.#width,
    });
    const results = texts.map((_, i) => {
      if (!pooling) return this.#matrix(outputs[i].lastHiddenState);
      const vector = vectors.slice(i * this.#width, (i + 1) * this.#width);
      return toPrecision(cutDimensions(vector, how.dimensions, how.normalize), how.precision);
    });
    return isArray ? results : results[0];
  }

  async similarity(a, b, options = {}) {
    const [first, second] = await this.embed([a, b], options);
    return cosine(first, second);
  }

  async forward(x, options = {}) {
    const { inputs, isArray } = readInputs(x);
    const { hiddenStates = false, attentions = false } = options;
    const { outputs } = await this.#run(inputs, options, { hiddenStates, attentions });
    const results = outputs.map((output, i) => this.#forwardResult(inputs[i], options, output));
    return isArray ? results : results[0];
  }

  dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#engine.dispose();
    this.#tokenizer.dispose();
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    this.dispose();
  }

  get #width() {
    return this.#settings.config.hidden_size;
  }

  #check() {
    if (this.#disposed) {
      throw disposedError();
    }
  }

  #readEmbedOptions(options) {
    const { pooling: folder } = this.#settings;
    if (folder.unsupported && options.pooling === undefined) {
      throw new BertletError('UNSUPPORTED', folder.unsupported);
    }
    return {
      pooling: readChoice('pooling', options.pooling ?? folder.mode, [
        'mean',
        'cls',
        'max',
        'none',
      ]),
      normalize: options.normalize ?? folder.normalize,
      dimensions: this.#readDimensions(options.dimensions),
      precision: readChoice('precision', options.precision ?? 'float32', [
        'float32',
        'int8',
        'binary',
      ]),
      prompt: this.#readPrompt(options.prompt),
    };
  }

  #readDimensions(dimensions) {
    const wanted = readCount('dimensions', dimensions, this.#width);
    if (wanted > this.#width) {
      throw badArgument(`dimensions is ${wanted}, but the model's vectors have ${this.#width}.`);
    }
    return wanted;
  }

  /** A prompt of the folder by its name, else the words themselves. */
  #readPrompt(prompt) {
    const { prompts } = this.#settings;
    if (prompt === undefined || prompt === null) return prompts.byDefault;
    if (typeof prompt !== 'string') throw badArgument('prompt is not a string.');
    return Object.hasOwn(prompts.named, prompt) ? prompts.named[prompt] : prompt;
  }

  #prepareText({ text, pair }, prompt) {
    const { lowercase } = this.#settings;
    const change = (words) => (lowercase ? words.toLowerCase() : words);
    return { text: change(prompt + text), pair: pair === undefined ? pair : change(pair) };
  }

  /** The length of a text that this call allows, special tokens included. */
  #readMaxLength(options) {
    const { config, maxLength } = this.#settings;
    const wanted = readCount('maxLength', options.maxLength, maxLength, 2);
    if (wanted > config.max_positions) {
      throw badArgument(
        `maxLength is ${wanted}, but the model has ${config.max_positions} positions.`,
      );
    }
    return wanted;
  }

  async #run(inputs, options, request) {
    this.#check();
    const longText = readChoice('longText', options.longText ?? 'truncate', ['truncate', 'error']);
    const truncation = readChoice('truncation', options.truncation ?? truncations[0], truncations);
    const maxLength = this.#readMaxLength(options);
    const signal = joinSignals(readSignal(options.signal), this.#signal);
    const { onProgress, onUsage } = options;
    const results = await this.#engine.run(
      { inputs, maxLength, truncation, longText, ...request },
      { signal, onProgress },
    );
    if (onUsage) {
      inputs.forEach((_, i) => {
        const [tokens, truncated] = results.usage.subarray(i * 2, i * 2 + 2);
        onUsage({ tokens, truncated, windows: 1 });
      });
    }
    return results;
  }

  #matrix(data) {
    return { data, shape: [data.length / this.#width, this.#width] };
  }

  #forwardResult({ text, pair }, options, output) {
    const encoding = this.#tokenizer.encode(text, {
      pair,
      truncation: options.truncation ?? true,
      maxLength: this.#readMaxLength(options),
    });
    const tokens = encoding.ids.length;
    const { heads } = this.#settings.config;
    return {
      lastHiddenState: this.#matrix(output.lastHiddenState),
      ...(output.pooled && { pooled: { data: output.pooled, shape: [this.#width] } }),
      ...(output.hiddenStates && {
        hiddenStates: output.hiddenStates.map((data) => this.#matrix(data)),
      }),
      ...(output.attentions && {
        attentions: output.attentions.map((data) => ({ data, shape: [heads, tokens, tokens] })),
      }),
      tokens: encoding.tokens,
      ids: encoding.ids,
      offsets: encoding.offsets,
    };
  }
}

/** A signal given to load() is honoured in every later call too. */
function joinSignals(...signals) {
  const given = signals.filter(Boolean);
  return given.length > 1 ? AbortSignal.any(given) : given[0];
}
