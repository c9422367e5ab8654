/* SPDX-License-Identifier: ISC
 *
 * What a learning plugin keeps with the host's session: parameters, the best of them, and what its optimizer has
 * gathered. For learning.c alone. Doubles, lowest byte first, so that every machine reads what another wrote:
 *
 *     form, parameters, numbers of the optimizer, loss of the best (dB) | parameters | moved | best | optimizer
 *
 * `moved` is what the optimizer moves: a parameter, or its place between its bounds, from which a value comes back
 * rounded.
 */
#ifndef LEARNING_STATE_H
#define LEARNING_STATE_H

enum { STATE_FORM = 1, STATE_HEAD = 4 };

static void put_double(unsigned char *to, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    for (unsigned k = 0; k < 8; ++k)
        to[k] = (unsigned char)(bits >> (8 * k) & 255u);
}

static double get_double(const unsigned char *from)
{
    uint64_t bits = 0;
    double x;
    for (unsigned k = 0; k < 8; ++k)
        bits |= (uint64_t)from[k] << (8 * k);
    memcpy(&x, &bits, sizeof x);
    return x;
}

static size_t state_doubles(Plugin *plugin)
{
    size_t count;
    learner_state(&plugin->learner, &count);
    return STATE_HEAD + 3 * (size_t)LEARNER_PARAMETERS + count;
}

static int save(Lv2Handle handle, Lv2Store store, void *host, uint32_t flags, const Lv2Feature *const *features)
{
    Plugin *const plugin = handle;
    (void)flags;
    (void)features;
    if (!plugin->map)
        return LV2_ABI_NO_FEATURE;
    const size_t doubles = state_doubles(plugin);
    unsigned char *const bytes = malloc(8 * doubles);
    if (!bytes)
        return LV2_ABI_UNKNOWN;
    size_t count;
    const double *const gathered = learner_state(&plugin->learner, &count);
    unsigned char *to = bytes;
    const double head[STATE_HEAD] = {STATE_FORM, LEARNER_PARAMETERS, (double)count, plugin->best_loss};
    for (size_t k = 0; k < STATE_HEAD; ++k, to += 8)
        put_double(to, head[k]);
    for (size_t k = 0; k < LEARNER_PARAMETERS; ++k, to += 8)
        put_double(to, plugin->learner.parameters[k]);
    for (size_t k = 0; k < LEARNER_PARAMETERS; ++k, to += 8)
        put_double(to, plugin->learner.moved[k]);
    for (size_t k = 0; k < LEARNER_PARAMETERS; ++k, to += 8)
        put_double(to, plugin->best[k]);
    for (size_t k = 0; k < count; ++k, to += 8)
        put_double(to, gathered[k]);
    const int status =
        store(host, plugin->map->map(plugin->map->handle, STATE_URI), bytes, 8 * doubles,
              plugin->map->map(plugin->map->handle, LV2_ABI_CHUNK), LV2_ABI_POD | LV2_ABI_PORTABLE);
    free(bytes);
    return status;
}

/* Sets what was saved, all of it or, if it is of another chain or damaged, nothing. */
static int set_saved(Plugin *plugin, const double *saved, size_t count)
{
    const double *const parameters = saved + STATE_HEAD, *const moved = parameters + LEARNER_PARAMETERS;
    const double *const best = moved + LEARNER_PARAMETERS;
    if (saved[0] != STATE_FORM || saved[1] != LEARNER_PARAMETERS || saved[2] != (double)count)
        return LV2_ABI_BAD_TYPE;
    for (size_t k = 0; k < 3 * (size_t)LEARNER_PARAMETERS; ++k)
        if (!isfinite(parameters[k]))
            return LV2_ABI_BAD_TYPE;
    if (learner_set_state(&plugin->learner, best + LEARNER_PARAMETERS) != DS_OK)
        return LV2_ABI_BAD_TYPE;
    memcpy(plugin->best, best, LEARNER_PARAMETERS * sizeof *best);
    plugin->best[LEARNER_PARAMETERS] = plugin->rate;
    plugin->best_loss = isnan(saved[3]) ? HUGE_VAL : saved[3];
    set_parameters(plugin, parameters);
    memcpy(plugin->learner.moved, moved, LEARNER_PARAMETERS * sizeof *moved);
    return LV2_ABI_DONE;
}

static int restore(Lv2Handle handle, Lv2Retrieve retrieve, void *host, uint32_t flags,
                   const Lv2Feature *const *features)
{
    Plugin *const plugin = handle;
    (void)flags;
    (void)features;
    if (!plugin->map)
        return LV2_ABI_NO_FEATURE;
    size_t size = 0;
    uint32_t type = 0, ignored = 0;
    const size_t doubles = state_doubles(plugin);
    const unsigned char *const bytes =
        retrieve(host, plugin->map->map(plugin->map->handle, STATE_URI), &size, &type, &ignored);
    if (!bytes)
        return LV2_ABI_NO_PROPERTY;
    if (size != 8 * doubles)
        return LV2_ABI_BAD_TYPE;
    double *const saved = malloc(doubles * sizeof *saved);
    if (!saved)
        return LV2_ABI_UNKNOWN;
    for (size_t k = 0; k < doubles; ++k)
        saved[k] = get_double(bytes + 8 * k);
    const int status = set_saved(plugin, saved, doubles - STATE_HEAD - 3 * (size_t)LEARNER_PARAMETERS);
    free(saved);
    return status;
}

#endif
