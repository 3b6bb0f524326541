// The module without our loader: its arena from plain JavaScript. Everything it exports
// takes addresses in its memory; the names of fields and constants come from its own table.
import { readFile } from 'node:fs/promises';

const bytes = await readFile(new URL('../../dist/bertlet-simd.wasm', import.meta.url));
const { instance } = await WebAssembly.instantiate(bytes); // it imports nothing
const { memory, ...core } = instance.exports;

/** The table of wasm/layout.h: (address of a name, number) pairs, ended by address 0. */
function readTable() {
  const words = new DataView(memory.buffer);
  const heap = new Uint8Array(memory.buffer);
  const table = {};
  for (let at = core.bl_wasm_layout(); words.getUint32(at, true) !== 0; at += 8) {
    const name = words.getUint32(at, true);
    const text = new TextDecoder().decode(heap.subarray(name, heap.indexOf(0, name)));
    table[text] = words.getUint32(at + 4, true);
  }
  return table;
}

/** Sums numbers in scratch memory of the arena, and gives it back. */
export function sumInArena(numbers) {
  const table = readTable();
  const arena = core.bl_wasm_arena();
  const mark = core.bl_arena_mark(arena);
  const status = core.bl_arena_reserve(arena, numbers.length * 4 + 64); // grows at most once
  if (status !== table.BL_OK) throw new Error(`no memory (status ${status})`);
  const address = core.bl_arena_alloc(arena, numbers.length * 4) >>> 0; // aligned to 64 bytes
  const view = new Float32Array(memory.buffer, address, numbers.length); // after any growth
  view.set(numbers);
  const sum = view.reduce((a, b) => a + b, 0);
  core.bl_arena_reset(arena, mark);
  const highWater = new DataView(memory.buffer).getUint32(
    arena + table['bl_arena.high_water:u32'],
    true,
  );
  return { sum, aligned: address % 64 === 0, top: core.bl_arena_mark(arena), mark, highWater };
}
