/* Numbered outcomes of every stage. JavaScript turns them into a BertletError. */
#ifndef BERTLET_STATUS_H
#define BERTLET_STATUS_H

typedef enum bl_status {
    BL_OK = 0,
    BL_BAD_ARGUMENT = 1,  /* the caller broke the contract of the function */
    BL_OUT_OF_MEMORY = 2, /* the arena could not grow; nothing was changed */
    BL_BAD_MODEL = 3,     /* a blob, tensor or configuration contradicts itself */
    BL_UNSUPPORTED = 4,   /* valid, but this build does not do it */
    BL_TOO_LONG = 5       /* the input has more tokens than the model has positions */
} bl_status;

#endif
