/* bertlet: BERT-family encoders on a memory arena. The one public header.
 *
 * Data flows one way: text -> tokenizer -> encoder -> pooling and heads. Each stage takes
 * (arena, model, input), returns a status and writes one output struct. All memory
 * comes from the arena that the caller passes and belongs to it. */
#ifndef BERTLET_H
#define BERTLET_H

#include "base/arena.h"
#include "base/status.h"
#include "encoder/encoder.h"
#include "encoder/pooling.h"
#include "heads/heads.h"
#include "model/adapter.h"
#include "model/model.h"
#include "search/search.h"
#include "tokenizer/tokenizer.h"

#endif
