/* How C describes its structs and enums to JavaScript: a table of (name, value)
 * pairs. "bl_batch" -> its size, "bl_batch.ids:ptr" -> the field's offset, and
 * enum constants by their names. Types: u32 i32 f32 ptr. */
#ifndef BERTLET_LAYOUT_H
#define BERTLET_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

typedef struct bl_layout_entry {
    const char *name;
    uint32_t value;
} bl_layout_entry;

#define BL_STRUCT(type)             {#type, sizeof(type)}
#define BL_FIELD(type, field, kind) {#type "." #field ":" #kind, offsetof(type, field)}
#define BL_CONSTANT(name)           {#name, (uint32_t)(name)}

/* Ends with an entry whose name is NULL. */
const bl_layout_entry *bl_wasm_layout(void);

#endif
