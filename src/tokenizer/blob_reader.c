#include "blob_reader.h"

#include "../unicode/utf8.h"
#include "blob.h"

uint32_t bl_blob_number(bl_blob_reader *reader) {
    return bl_read_u32(&reader->numbers);
}

uint32_t bl_blob_count(bl_blob_reader *reader, uint32_t most, size_t size) {
    uint32_t count = bl_blob_number(reader);
    if (count > most || count > reader->numbers.left / (4 * size)) {
        reader->numbers.failed = 1;
        return 0;
    }
    return count;
}

uint32_t bl_blob_below(bl_blob_reader *reader, uint32_t bound) {
    uint32_t value = bl_blob_number(reader);
    if (value >= bound) {
        reader->numbers.failed = 1;
        return 0;
    }
    return value;
}

int32_t bl_blob_id(bl_blob_reader *reader) {
    return (int32_t)bl_blob_below(reader, (uint32_t)INT32_MAX + 1);
}

bl_text bl_blob_text(bl_blob_reader *reader) {
    if (reader->text >= reader->text_count) {
        reader->numbers.failed = 1;
        return (bl_text){reader->pool, 0};
    }
    size_t at = 4 * (size_t)reader->text++;
    uint32_t begin = at ? bl_load_u32(reader->ends + at - 4) : 0;
    return (bl_text){reader->pool + begin, bl_load_u32(reader->ends + at) - begin};
}

static void store_u32(uint8_t *at, size_t value) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* Turns the lengths of texts in UTF-16 units into their ends in the pool, in bytes, where
 * they stand. 0: that isn't what the pool has, or it isn't UTF-8. */
static uint32_t find_ends(uint8_t *lengths, uint32_t count, const uint8_t *pool, size_t bytes) {
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t units = bl_load_u32(lengths + 4 * i);
        while (units > 0 && at < bytes) {
            size_t begin = at;
            uint32_t code = bl_utf8_next(pool, bytes, &at);
            uint32_t own = code > 0xffff ? 2 : 1;
            uint32_t is_malformed = code == BL_REPLACEMENT && at == begin + 1;
            if (own > units || is_malformed)
                return 0;
            units -= own;
        }
        if (units > 0)
            return 0;
        store_u32(lengths + 4 * i, at);
    }
    return at == bytes;
}

bl_status bl_blob_open(bl_blob_reader *reader, uint8_t *blob, size_t blob_bytes) {
    bl_reader all = {blob, blob_bytes, 0};
    uint32_t version = bl_read_u32(&all);
    uint32_t number_count = bl_read_u32(&all);
    reader->text_count = bl_read_u32(&all);
    const uint8_t *numbers = bl_read_array(&all, number_count, 4);
    const uint8_t *lengths = bl_read_array(&all, reader->text_count, 4);
    if (version != BL_BLOB_VERSION || all.failed)
        return BL_BAD_MODEL;
    reader->numbers = (bl_reader){numbers, 4 * (size_t)number_count, 0};
    reader->ends = lengths;
    reader->pool = all.at;
    reader->text = 0;
    uint8_t *ends = blob + (lengths - blob);
    return find_ends(ends, reader->text_count, all.at, all.left) ? BL_OK : BL_BAD_MODEL;
}
