/* Values as they stand in a file to floats. */
#include <string.h>

#include "../kernels/pack_weights.h"
#include "weights.h"

/* The exponent of an infinity or NaN is all ones. */
int bl_all_finite(const float *values, size_t count) {
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        found |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return !found;
}

size_t bl_source_type_bytes(uint32_t source_type) {
    static const uint8_t sizes[] = {4, 2, 2, 1};
    return sizes[source_type];
}

bl_status bl_read_floats(uint32_t source_type, const void *bytes, size_t count, float *values) {
    if (source_type == BL_SOURCE_F32)
        memcpy(values, bytes, count * sizeof(float));
    else if (source_type == BL_SOURCE_F16)
        bl_convert_f16(bytes, count, values);
    else if (source_type == BL_SOURCE_BF16)
        bl_convert_bf16(bytes, count, values);
    else
        for (size_t i = 0; i < count; i++)
            values[i] = ((const int8_t *)bytes)[i];
    return bl_all_finite(values, count) ? BL_OK : BL_BAD_MODEL;
}
