/* Angles are what transformers makes of them, rounded where it rounds: place times frequency is
 * one product in single precision. At place 8,000 that rounding is worth 2e-4, more than all
 * that follows; so it has to be the same. Sines and cosines are exact but for their last bit. */
#include "rotary.h"

#include <string.h>

/* ln x = n ln 2 + 2 atanh((m - 1) / (m + 1)) with x = m 2^n, m about 1. */
static double logarithm(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52) - 1023;
    bits = (bits & ((UINT64_C(1) << 52) - 1)) | (UINT64_C(1023) << 52);
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m /= 2;
        exponent++;
    }
    double s = (m - 1) / (m + 1), square = s * s, sum = 0;
    for (int k = 25; k >= 1; k -= 2)
        sum = sum * square + 1.0 / k;
    return exponent * 0.6931471805599453 + 2 * s * sum;
}

/* e^x for |x| < 700: 2^n times a Taylor series. */
static double exponential(double x) {
    double scaled = x * 1.4426950408889634;
    int n = (int)(scaled + (scaled < 0 ? -0.5 : 0.5));
    double r = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10, sum = 1;
    for (int k = 14; k >= 1; k--)
        sum = 1 + sum * r / k;
    uint64_t bits = (uint64_t)(n + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

double bl_power(double base, double exponent) {
    return exponential(exponent * logarithm(base));
}

void bl_sine_cosine(double x, double *sine, double *cosine) {
    /* Quarter turns are taken away in three parts, of which the first two products are exact. */
    double turns = (double)(int64_t)(x * 0.6366197723675814 + 0.5);
    double r = ((x - turns * 1.57079625129699707031) - turns * 7.54978941586159635335e-8) -
               turns * 5.39030252995776476554e-15;
    double square = r * r, s = 1, c = 1;
    for (int k = 16; k >= 2; k -= 2) {
        s = 1 - s * square / (k * (k + 1));
        c = 1 - c * square / (k * (k - 1));
    }
    s *= r;
    int quarter = (int)((int64_t)turns & 3);
    *sine = quarter & 1 ? c : s;
    *cosine = quarter & 1 ? s : c;
    if (quarter & 2)
        *sine = -*sine;
    if (quarter == 1 || quarter == 2)
        *cosine = -*cosine;
}

bl_angles bl_angles_layout(bl_arena *arena, const bl_config *config, uint32_t places) {
    const bl_architecture *architecture = &config->architecture;
    bl_angles angles = {.places = places};
    if (architecture->positions != BL_POSITIONS_ROTARY)
        return angles;
    size_t row_bytes = bl_head_size(config) * sizeof(float);
    angles.global = angles.local = bl_arena_alloc_array(arena, places, row_bytes);
    if (architecture->window && architecture->rotary_local_theta != 0)
        angles.local = bl_arena_alloc_array(arena, places, row_bytes);
    return angles;
}

static void fill(float *table, uint32_t places, uint32_t head_size, double theta, double stretch) {
    uint32_t half = head_size / 2;
    for (uint32_t i = 0; i < half; i++) {
        float power = (float)bl_power(theta, (float)(2 * i) / (float)head_size);
        float frequency = 1.0f / power;
        if (stretch != 0)
            frequency /= (float)stretch;
        for (uint32_t place = 0; place < places; place++) {
            double sine, cosine;
            bl_sine_cosine((float)place * frequency, &sine, &cosine);
            table[(size_t)place * head_size + i] = (float)cosine;
            table[(size_t)place * head_size + half + i] = (float)sine;
        }
    }
}

void bl_angles_fill(const bl_angles *angles, const bl_config *config) {
    const bl_architecture *architecture = &config->architecture;
    uint32_t head_size = bl_head_size(config);
    if (angles->global)
        fill(angles->global, angles->places, head_size, architecture->rotary_theta,
             architecture->rotary_stretch);
    if (angles->local != angles->global)
        fill(angles->local, angles->places, head_size, architecture->rotary_local_theta,
             architecture->rotary_stretch);
}
