/* The sum of word, type and position embeddings (before the layer norm). */
#ifndef BERTLET_EMBEDDINGS_H
#define BERTLET_EMBEDDINGS_H

#include "encoder.h"

/* hidden[t][0..hidden_size) for the tokens [begin, begin + count) of a batch that has been
 * checked. */
void bl_embed_tokens(const bl_model *model, const bl_batch *batch, uint32_t begin, uint32_t count,
                     float *hidden, size_t stride);

#endif
