// Names of tensors in checkpoints, and what the core calls them: the families say which is which.
import { familyOf } from './families/families.js';

/** A quantised tensor `NAME` (I8) has its row scales in `NAME_scale` (F32, one a row). */
export const scaleSuffix = '_scale';

/**
 * A tensor of a model.
 * @typedef {{ name: string, role: number, roleName: string, part?: string, takesPaths: boolean,
 *   layer: number }} Tensor
 *   `name`: as transformers writes it; `role`: what the core calls it (bl_role), `roleName`: the
 *   end of that constant's name; `part`: the end of a BL_PART_ constant, undefined: every model
 *   has it; `takesPaths`: an adapter may put low-rank paths beside it
 */

/** The names of one model's tensors. */
export class TensorNames {
  /** By name, a layer's number being *. @type {Map<string, Omit<Tensor, 'name' | 'layer'>>} */
  #roles = new Map();

  /**
   * @param {import('../core/memory.js').Memory} memory
   * @param {string} modelType
   */
  constructor(memory, modelType) {
    const { constants, exports } = memory;
    const parts = Object.keys(constants).filter((name) => name.startsWith('BL_PART_'));
    this.family = familyOf(modelType);
    for (const [name, roleName] of Object.entries(this.family.tensors)) {
      const role = constants[`BL_ROLE_${roleName}`];
      const bit = exports.bl_role_part(role);
      const part = parts.find((one) => constants[one] === bit)?.slice('BL_PART_'.length);
      const takesPaths = exports.bl_role_takes_paths(role) === 1;
      this.#roles.set(name, { role, roleName, part, takesPaths });
    }
  }

  /**
   * @param {string} name of a tensor in a file
   * @returns {(Tensor & { isScale: boolean }) | undefined} the scale's suffix is left out of its
   *   name; undefined: nothing here needs it
   */
  identify(name) {
    const isScale = name.endsWith(scaleSuffix);
    const own = this.family.rename(isScale ? name.slice(0, -scaleSuffix.length) : name);
    const [, layer = '0'] = /\.(0|[1-9]\d{0,5})\./.exec(own) ?? [];
    const found = own.includes('*') ? undefined : this.#roles.get(own.replace(`.${layer}.`, '.*.'));
    return found && { ...found, name: own, layer: Number(layer), isScale };
  }

  /**
   * Every tensor that a model has, in no particular order.
   * @param {number} layers
   * @param {import('./heads.js').Heads} heads
   * @returns {Generator<Tensor, void>}
   */
  *all(layers, { isNeeded }) {
    for (const [name, found] of this.#roles) {
      const repeats = name.includes('*') ? layers : 1;
      for (let layer = 0; layer < repeats; layer++) {
        const tensor = { ...found, name: name.replace('*', String(layer)), layer };
        if (isNeeded(tensor)) yield tensor;
      }
    }
  }

  /** A name of a tensor that the core calls so. @param {number} role @param {number} layer */
  nameOf(role, layer) {
    const [name] = [...this.#roles].find(([, found]) => found.role === role) ?? ['a tensor'];
    return name.replace('*', String(layer));
  }
}
