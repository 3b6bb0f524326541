// The adapters that come with the package, beside the embedded model.

/**
 * The embedded model's heads: adapters that are loaded by the first call that needs one.
 * @returns {Record<string, Record<string, URL>>} head → the files of its adapter
 */
export function embeddedCompanions() {
  return {
    'sequence-classification': {
      'config.json': new URL(
        '../../models/all-MiniLM-L6-v2-sentiment/config.json',
        import.meta.url,
      ),
      'adapter_config.json': new URL(
        '../../models/all-MiniLM-L6-v2-sentiment/adapter_config.json',
        import.meta.url,
      ),
      'adapter_model.safetensors': new URL(
        '../../models/all-MiniLM-L6-v2-sentiment/adapter_model.safetensors',
        import.meta.url,
      ),
    },
    'masked-lm': {
      'config.json': new URL('../../models/all-MiniLM-L6-v2-mlm/config.json', import.meta.url),
      'adapter_config.json': new URL(
        '../../models/all-MiniLM-L6-v2-mlm/adapter_config.json',
        import.meta.url,
      ),
      'adapter_model.safetensors': new URL(
        '../../models/all-MiniLM-L6-v2-mlm/adapter_model.safetensors',
        import.meta.url,
      ),
    },
  };
}
