/* Drives a plugin that is linked into it and counts calls of the heap while it runs: --wrap=malloc,calloc,realloc,free.
 * Exit status: 0 there was none, 1 there was one. */
#include "lv2_abi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static unsigned long calls;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void __real_free(void *at);
void *__wrap_malloc(size_t size) { ++calls; return __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { ++calls; return __real_calloc(count, size); }
void *__wrap_realloc(void *at, size_t size) { ++calls; return __real_realloc(at, size); }
void __wrap_free(void *at) { ++calls; __real_free(at); }

int main(void)
{
    static float port[64][8192];
    static const uint32_t blocks[] = {0, 1, 64, 8192, 33};
    const Lv2Descriptor *const plugin = lv2_descriptor(0);
    const Lv2Feature *const features[] = {NULL};
    Lv2Handle handle = plugin->instantiate(plugin, 48000.0, "", features);
    uint32_t seed = 1;
    for (uint32_t k = 0; k < 64; ++k)
        plugin->connect_port(handle, k, port[k]);
    plugin->activate(handle);
    const unsigned long before = calls;
    for (unsigned turn = 0; turn < 50; ++turn) {
        const float loudness = turn % 3 == 0 ? 6.0f : 1.0f; /* so that every choice of a control is made */
        for (uint32_t k = 0; k < 64; ++k)
            for (uint32_t n = 0; n < 8192; ++n)
                port[k][n] = loudness * (float)((double)((seed = 1103515245u * seed + 12345u) >> 8) * 0x1p-24);
        port[0][turn] = turn % 7 == 3 ? (float)NAN : 0.5f;
        plugin->run(handle, blocks[turn % 5]);
    }
    const unsigned long during = calls - before;
    plugin->cleanup(handle);
    return during == 0 && calls > 0 ? 0 : 1;
}
