/* A bounds-checked reader of little-endian bytes. Reading past the end gives zeros
 * and sets `failed`, which is asked once at the end. */
#ifndef BERTLET_BYTES_H
#define BERTLET_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct bl_reader {
    const uint8_t *at;
    size_t left;
    uint32_t failed;
} bl_reader;

/* `bytes` bytes where they stand, or NULL. */
static inline const uint8_t *bl_read_bytes(bl_reader *reader, size_t bytes) {
    if (bytes > reader->left) {
        reader->failed = 1;
        reader->left = 0;
        return NULL;
    }
    const uint8_t *at = reader->at;
    reader->at += bytes;
    reader->left -= bytes;
    return at;
}

/* The u32 at any address. */
static inline uint32_t bl_load_u32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The number that at most 8 bytes make, with zeros behind them. */
static inline uint64_t bl_load_few(const uint8_t *at, size_t bytes) {
    if (bytes >= 8) {
        uint64_t eight;
        memcpy(&eight, at, 8);
        return eight;
    }
    if (bytes >= 4) /* what both have is the same */
        return bl_load_u32(at) | (uint64_t)bl_load_u32(at + bytes - 4) << 8 * (bytes - 4);
    if (bytes == 0)
        return 0;
    return at[0] | (uint64_t)at[bytes / 2] << 8 * (bytes / 2) |
           (uint64_t)at[bytes - 1] << 8 * (bytes - 1);
}

static inline uint32_t bl_read_u32(bl_reader *reader) {
    const uint8_t *at = bl_read_bytes(reader, 4);
    return at ? bl_load_u32(at) : 0;
}

/* `count` elements of `size` bytes; a product that overflows fails. */
static inline const uint8_t *bl_read_array(bl_reader *reader, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        bytes = SIZE_MAX;
    return bl_read_bytes(reader, bytes);
}

#endif
