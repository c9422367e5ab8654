/* SPDX-License-Identifier: ISC
 *
 * What a learning plugin keeps with the host's session: parameters, the best of them, and what its optimizer has
 * gathered. For learning.c alone. Doubles, lowest byte first, so that every machine reads what another wrote:
 *
 *     form, parameters, optimizer, numbers of it, loss of the best (dB) | parameters | moved | best | gathered
 *
 * `moved` is what the optimizer moves: a parameter, or its place between its bounds, from which a value comes back
 * rounded.
 */
#ifndef LEARNING_STATE_H
#define LEARNING_STATE_H

enum { STATE_FORM = 2, STATE_HEAD = 5, STATE_BODY = STATE_HEAD + 3 * LEARNER_PARAMETERS };

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

static unsigned char *put_doubles(unsigned char *to, const double *from, size_t count)
{
    for (size_t k = 0; k < count; ++k)
        put_double(to + 8 * k, from[k]);
    return to + 8 * count;
}

/* Parameters as a session keeps them: those that are on their way by hand are where they are going. */
static void kept_parameters(const Plugin *plugin, const DsLearner *learner, double *kept, double *moved)
{
    memcpy(kept, learner->machine->parameters, LEARNER_PARAMETERS * sizeof *kept);
    memcpy(moved, learner->moved, LEARNER_PARAMETERS * sizeof *moved);
    for (unsigned k = 0; k != SHOWN; ++k)
        if (hand_is_turned(plugin, k) || plugin->hand[k].ramp.left > 0) {
            kept[shown[k].parameter] = hand_wants(plugin, k);
            moved[shown[k].parameter] = hand_moved(k, kept[shown[k].parameter]);
        }
}

/* A host may save while it runs: all follows from one look at the choice, whatever becomes of that meanwhile. */
static int save(Lv2Handle handle, Lv2Store store, void *host, uint32_t flags, const Lv2Feature *const *features)
{
    Plugin *const plugin = handle;
    (void)flags;
    (void)features;
    if (!plugin->map)
        return LV2_ABI_NO_FEATURE;
    const unsigned choice = plugin->choice;
    const DsLearner *const learner = learner_of(plugin, choice);
    const size_t gathered = gathered_by(learner_choices[choice].optimizer.kind, learner->machine->parameter_count);
    const size_t size = 8 * (STATE_BODY + gathered);
    unsigned char *const bytes = malloc(size);
    if (!bytes)
        return LV2_ABI_UNKNOWN;
    const double head[STATE_HEAD] = {STATE_FORM, LEARNER_PARAMETERS, choice, (double)gathered, plugin->best_loss};
    double kept[LEARNER_PARAMETERS], moved[LEARNER_PARAMETERS];
    kept_parameters(plugin, learner, kept, moved);
    unsigned char *to = put_doubles(bytes, head, STATE_HEAD);
    to = put_doubles(to, kept, LEARNER_PARAMETERS);
    to = put_doubles(to, moved, LEARNER_PARAMETERS);
    to = put_doubles(to, plugin->best, LEARNER_PARAMETERS);
    put_doubles(to, learner->state.all, gathered);
    const int status =
        store(host, plugin->map->map(plugin->map->handle, STATE_URI), bytes, size,
              plugin->map->map(plugin->map->handle, LV2_ABI_CHUNK), LV2_ABI_POD | LV2_ABI_PORTABLE);
    free(bytes);
    return status;
}

/* Whether it was saved by this chain, undamaged. */
static bool is_ours(Plugin *plugin, const double *saved, size_t count)
{
    if (count < STATE_BODY || saved[0] != STATE_FORM || saved[1] != LEARNER_PARAMETERS || !(saved[2] >= 0.0) ||
        !(saved[2] < LEARNER_CHOICES))
        return false;
    const uint32_t kind = learner_choices[(unsigned)saved[2]].optimizer.kind;
    const size_t gathered = gathered_by(kind, at_work(plugin)->machine->parameter_count);
    if (saved[3] != (double)gathered || count != STATE_BODY + gathered)
        return false;
    for (size_t k = STATE_HEAD; k < count; ++k)
        if (!isfinite(saved[k]) || (k >= STATE_BODY && k < STATE_BODY + DS_OPTIMIZER_COUNTERS && saved[k] < 0.0))
            return false;
    return true;
}

/* Sets what the optimizer moves, where the parameters agree with it: their bounds may be others by now. */
static void set_moved(DsLearner *learner, const double *moved)
{
    for (const DsParameter *p = learner_specs; p != learner_specs + learner->settings.parameter_count; ++p)
        for (size_t k = p->first; k < LEARNER_PARAMETERS && k < (size_t)p->first + p->count; ++k) {
            const double value = learner->machine->parameters[k];
            if (fabs((p->normalised ? ds_map(p, moved[k]).value : moved[k]) - value) <= 1e-9 * fabs(value))
                learner->moved[k] = moved[k];
        }
}

/* Sets what was saved. */
static void set_saved(Plugin *plugin, const double *saved)
{
    const double *const parameters = saved + STATE_HEAD, *const moved = parameters + LEARNER_PARAMETERS;
    const double *const best = moved + LEARNER_PARAMETERS;
    choose(plugin, (unsigned)saved[2]);
    ds_upkeep_set_state(at_work(plugin), saved + STATE_BODY);
    plugin->best_loss = saved[4] >= LOWEST_LOSS ? saved[4] : HUGE_VAL;
    if (plugin->best_loss < HUGE_VAL) {
        set_parameters(plugin, best);
        memcpy(plugin->best, values(plugin), LEARNER_SCALARS * sizeof *plugin->best);
    }
    set_parameters(plugin, parameters);
    set_moved(at_work(plugin), moved);
    for (unsigned k = 0; k != SHOWN; ++k)
        plugin->hand[k].ramp.left = 0;
    plugin->is_restored = true;
    plugin->was_reset = true; /* what comes back turned on is not turned on anew */
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
    const unsigned char *const bytes =
        retrieve(host, plugin->map->map(plugin->map->handle, STATE_URI), &size, &type, &ignored);
    if (!bytes)
        return LV2_ABI_NO_PROPERTY;
    const size_t count = size / 8;
    double *const saved = size % 8 == 0 ? malloc(size + 1) : NULL;
    if (!saved)
        return LV2_ABI_BAD_TYPE;
    for (size_t k = 0; k < count; ++k)
        saved[k] = get_double(bytes + 8 * k);
    const bool is_good = is_ours(plugin, saved, count);
    if (is_good)
        set_saved(plugin, saved);
    free(saved);
    return is_good ? LV2_ABI_DONE : LV2_ABI_BAD_TYPE;
}

#endif
