/* An LV2 plugin that puts out what it was told of the place in the song: the number that its control `show` chooses. */

#include <stdlib.h>

#include <lv2/atom/atom.h>
#include <lv2/atom/util.h>
#include <lv2/core/lv2.h>
#include <lv2/core/lv2_util.h>
#include <lv2/time/time.h>
#include <lv2/urid/urid.h>

enum { SHOWN = 5 };

typedef struct {
  LV2_URID keys[SHOWN];
  LV2_URID whole, counted, real;
  const LV2_Atom_Sequence *told;
  const float *show;
  float *out;
  float values[SHOWN];
} Position;

static LV2_Handle instantiate(const LV2_Descriptor *descriptor, double rate, const char *path,
                              const LV2_Feature *const *features) {
  static const char *const names[SHOWN] = {LV2_TIME__bar, LV2_TIME__barBeat, LV2_TIME__beatsPerBar, LV2_TIME__beatUnit,
                                           LV2_TIME__beatsPerMinute};
  (void)descriptor, (void)rate, (void)path;
  const LV2_URID_Map *map = lv2_features_data(features, LV2_URID__map);
  Position *self = map ? calloc(1, sizeof *self) : NULL;
  if (!self) return NULL;
  for (int i = 0; i < SHOWN; ++i) self->keys[i] = map->map(map->handle, names[i]);
  self->whole = map->map(map->handle, LV2_ATOM__Int);
  self->counted = map->map(map->handle, LV2_ATOM__Long);
  self->real = map->map(map->handle, LV2_ATOM__Float);
  return self;
}

static void connect_port(LV2_Handle handle, uint32_t port, void *data) {
  Position *self = handle;
  if (port == 0) self->told = data;
  if (port == 1) self->show = data;
  if (port == 2) self->out = data;
}

static float number_of(const Position *self, const LV2_Atom *atom) {
  if (atom->type == self->whole) return (float)((const LV2_Atom_Int *)atom)->body;
  if (atom->type == self->counted) return (float)((const LV2_Atom_Long *)atom)->body;
  return atom->type == self->real ? ((const LV2_Atom_Float *)atom)->body : -1.0f;
}

static void run(LV2_Handle handle, uint32_t frames) {
  Position *self = handle;
  uint32_t frame = 0;
  LV2_ATOM_SEQUENCE_FOREACH (self->told, event) {
    while (frame < (uint32_t)event->time.frames) self->out[frame++] = self->values[(int)*self->show];
    LV2_ATOM_OBJECT_FOREACH ((const LV2_Atom_Object *)&event->body, property) {
      for (int i = 0; i < SHOWN; ++i)
        if (property->key == self->keys[i]) self->values[i] = number_of(self, &property->value);
    }
  }
  while (frame < frames) self->out[frame++] = self->values[(int)*self->show];
}

static void cleanup(LV2_Handle handle) { free(handle); }

LV2_SYMBOL_EXPORT const LV2_Descriptor *lv2_descriptor(uint32_t index) {
  static const LV2_Descriptor descriptor = {"urn:pyhost:test:position", instantiate, connect_port, NULL, run, NULL, cleanup,
                                            NULL};
  return index ? NULL : &descriptor;
}
