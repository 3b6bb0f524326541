/* Runs natively what the loader did in WebAssembly: reads a recording of the calls that
 * write a model (tests/engine/native-equality.test.js makes it) and of one batch, and prints
 * the bits of the pooled vectors, so that the two can be compared.
 *
 * The recording is a sequence of 32-bit words:
 *   config   the fields of bl_config
 *   calls    1, role, layer, source type, first row, rows, bytes, the bytes filled up to 4
 *            2, role, layer, first row, rows, floats
 *            0 ends them
 *   batch    sequences, then for each: tokens, ids, type ids
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/bertlet.h"

#define ARENA_BYTES ((size_t)1 << 30)

static void fail(const char *what) {
    fprintf(stderr, "replay: %s\n", what);
    exit(1);
}

static uint32_t read_word(FILE *file) {
    uint32_t word;
    if (fread(&word, sizeof word, 1, file) != 1)
        fail("the recording is cut off");
    return word;
}

static void *read_words(FILE *file, size_t words) {
    void *memory = malloc(words ? words * 4 : 4);
    if (!memory || fread(memory, 4, words, file) != words)
        fail("the recording is cut off");
    return memory;
}

static void replay_rows(FILE *file, bl_arena *arena, bl_model *model) {
    uint32_t call[6];
    for (int i = 0; i < 6; i++)
        call[i] = read_word(file);
    void *bytes = read_words(file, ((size_t)call[5] + 3) / 4);
    if (bl_model_write_rows(model, arena, call[0], call[1], call[2], call[3], call[4], bytes))
        fail("bl_model_write_rows");
    free(bytes);
}

static void replay_scales(FILE *file, bl_model *model) {
    uint32_t call[4];
    for (int i = 0; i < 4; i++)
        call[i] = read_word(file);
    float *scales = read_words(file, call[3]);
    if (bl_model_write_scales(model, call[0], call[1], call[2], call[3], scales))
        fail("bl_model_write_scales");
    free(scales);
}

static bl_model *replay_model(FILE *file, bl_arena *arena, uint32_t *width) {
    bl_config config;
    bl_model *model;
    void *words = read_words(file, sizeof config / 4);
    memcpy(&config, words, sizeof config);
    free(words);
    *width = config.hidden_size;
    if (bl_model_create(arena, &config, &model))
        fail("bl_model_create");
    for (uint32_t call; (call = read_word(file)) != 0;) {
        if (call == 1)
            replay_rows(file, arena, model);
        else
            replay_scales(file, model);
    }
    uint32_t role, layer;
    if (bl_model_finish(model, &role, &layer))
        fail("bl_model_finish");
    bl_arena_seal(arena);
    return model;
}

static void replay_batch(FILE *file, bl_arena *arena, bl_batch *batch) {
    uint32_t sequences = read_word(file), tokens = read_word(file);
    if (bl_batch_create(arena, sequences, tokens, batch))
        fail("bl_batch_create");
    for (uint32_t s = 0; s < sequences; s++) {
        uint32_t count = read_word(file);
        int32_t *ids = read_words(file, count), *type_ids = read_words(file, count);
        if (bl_batch_append(batch, ids, type_ids, count))
            fail("bl_batch_append");
        free(ids);
        free(type_ids);
    }
}

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file)
        fail("usage: replay RECORDING");
    void *base = aligned_alloc(BL_ARENA_ALIGNMENT, ARENA_BYTES);
    bl_arena arena;
    bl_arena_init(&arena, base, ARENA_BYTES, NULL);
    uint32_t width;
    bl_model *model = replay_model(file, &arena, &width);
    bl_batch batch;
    replay_batch(file, &arena, &batch);
    fclose(file);

    bl_encoder_run run = {0};
    if (bl_encoder_begin(&arena, model, &batch, &run))
        fail("bl_encoder_begin");
    while (bl_encoder_step(&run) != BL_ENCODER_DONE)
        ;
    float *vectors;
    if (bl_pool(&arena, model, &batch, run.hidden, BL_POOLING_MEAN, 0, 1, &vectors))
        fail("bl_pool");
    size_t floats = (size_t)batch.sequence_count * width;
    for (size_t i = 0; i < floats; i++) {
        uint32_t bits;
        memcpy(&bits, &vectors[i], sizeof bits);
        printf("%08x\n", bits);
    }
    free(base);
    return 0;
}
