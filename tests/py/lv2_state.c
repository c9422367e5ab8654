/* Drives a plugin of `gain | dc` that learns and is linked into it, as a host may that saves and restores while it
 * plays: --wrap=malloc. Exit status: 0 all is well, 1 save wrote beyond its memory, 2 what it saved does not come back,
 * 3 what came back was started over. */
#include "lv2_abi.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 64, RESET = 5, OPTIMIZER = 10, LEARNED_GAIN = 14, SGD = 0, LEAST_SQUARES = 4, BEHIND = 4096 };

static float audio[3][FRAMES], port[64];
static const Lv2Descriptor *plugin;
static Lv2Handle handle;
static bool saves;
static unsigned char *memory, saved[1 << 16];
static size_t asked, kept;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    if (!saves)
        return __real_malloc(size);
    saves = false;
    asked = size;
    memory = __real_malloc(size + BEHIND);
    memset(memory, 0xa5, size + BEHIND);
    port[OPTIMIZER] = LEAST_SQUARES;
    plugin->run(handle, FRAMES); /* the audio thread, in the middle of save */
    return memory;
}

static uint32_t number_of(void *host, const char *uri)
{
    (void)host;
    return (uint32_t)strlen(uri);
}

static bool is_within_its_memory;

static int store(void *host, uint32_t key, const void *value, size_t size, uint32_t type, uint32_t flags)
{
    (void)host, (void)key, (void)type, (void)flags;
    is_within_its_memory = size == asked;
    for (size_t k = size; k < size + BEHIND; ++k)
        is_within_its_memory = is_within_its_memory && memory[k] == 0xa5;
    memcpy(saved, value, kept = size);
    return 0;
}

static const void *retrieve(void *host, uint32_t key, size_t *size, uint32_t *type, uint32_t *flags)
{
    (void)host, (void)key;
    *size = kept;
    *type = *flags = 0;
    return saved;
}

int main(void)
{
    static const float starts[] = {1, 1, 0, 0, 1, 100, 0, SGD};
    Lv2Map map = {NULL, number_of};
    const Lv2Feature feature = {LV2_ABI_URID_MAP, &map}, *const features[] = {&feature, NULL};
    plugin = lv2_descriptor(0);
    handle = plugin->instantiate(plugin, 48000.0, "", features);
    const Lv2State *const state = plugin->extension_data(LV2_ABI_STATE);
    for (uint32_t k = 0; k < 64; ++k) {
        port[k] = k >= 3 && k < 11 ? starts[k - 3] : NAN;
        plugin->connect_port(handle, k, k < 3 ? audio[k] : port + k);
    }
    for (unsigned n = 0; n < FRAMES; ++n) {
        audio[0][n] = n % 3 == 0 ? 0.5f : -0.25f;
        audio[1][n] = 0.5f * audio[0][n];
    }
    plugin->activate(handle);
    for (unsigned turn = 0; turn < 100; ++turn)
        plugin->run(handle, FRAMES);
    saves = true;
    state->save(handle, store, NULL, 0, features);
    if (!is_within_its_memory)
        return 1;
    if (state->restore(handle, retrieve, NULL, 0, features) != 0)
        return 2;
    port[OPTIMIZER] = SGD;
    port[4] = 0.0f; /* Learn */
    port[RESET] = 1.0f;
    plugin->run(handle, FRAMES);
    plugin->cleanup(handle);
    return port[LEARNED_GAIN] < 0.99f ? 0 : 3;
}
