/* The angles of rotary positions against libm. */
#include <math.h>
#include <string.h>

#include "../../src/encoder/rotary.h"
#include "check.h"

static void test_power(void) {
    static const double bases[] = {10000, 160000, 250000, 1000, 500000, 2.5, 0.3};
    double worst = 0;
    for (size_t b = 0; b < sizeof bases / sizeof *bases; b++)
        for (int i = 0; i <= 1000; i++) {
            double exact = pow(bases[b], i / 1000.0);
            worst = fmax(worst, fabs(bl_power(bases[b], i / 1000.0) / exact - 1));
        }
    CHECK(worst <= 4e-15);
    CHECK_EQUAL(bl_power(10000, 0), 1);
}

static void test_sine_cosine(void) {
    double worst = 0, sine, cosine;
    for (int i = 0; i < 2000000; i++) {
        double x = i < 1000000 ? i / 1000.0 : i * 0.0123456789 * (i % 977);
        bl_sine_cosine(x, &sine, &cosine);
        worst = fmax(worst, fmax(fabs(sine - sin(x)), fabs(cosine - cos(x))));
    }
    CHECK(worst <= 1e-13);
    bl_sine_cosine(0, &sine, &cosine);
    CHECK(sine == 0 && cosine == 1);
}

/* A table holds what single precision makes of place times frequency. */
static void test_table(void) {
    static _Alignas(64) char memory[1 << 22];
    bl_arena arena;
    bl_arena_init(&arena, memory, sizeof memory, NULL);
    bl_config config = {.hidden_size = 96,
                        .attention_heads = 4,
                        .architecture = {.positions = BL_POSITIONS_ROTARY,
                                         .window = 4,
                                         .window_period = 3,
                                         .rotary_theta = 160000,
                                         .rotary_local_theta = 10000,
                                         .rotary_stretch = 2}};
    bl_angles angles = bl_angles_layout(&arena, &config, 5000);
    CHECK(bl_arena_status(&arena) == BL_OK && angles.local != angles.global);
    bl_angles_fill(&angles, &config);
    for (uint32_t place = 0; place < 5000; place++)
        for (uint32_t i = 0; i < 12; i++) {
            float frequency = 1.0f / (float)pow(160000, (float)(2 * i) / 24.0f) / 2.0f;
            double angle = (float)place * frequency;
            CHECK_NEAR(angles.global[place * 24 + i], cos(angle), 6.1e-8);
            CHECK_NEAR(angles.global[place * 24 + 12 + i], sin(angle), 6.1e-8);
            frequency = 1.0f / (float)pow(10000, (float)(2 * i) / 24.0f) / 2.0f;
            CHECK_NEAR(angles.local[place * 24 + i], cos((float)place * frequency), 6.1e-8);
        }
    config.architecture.rotary_local_theta = 0;
    angles = bl_angles_layout(&arena, &config, 5);
    CHECK(angles.local == angles.global && angles.local);
    config.architecture.positions = BL_POSITIONS_ABSOLUTE;
    CHECK(!bl_angles_layout(&arena, &config, 5).global);
}

int main(void) {
    test_power();
    test_sine_cosine();
    test_table();
    return check_result();
}
