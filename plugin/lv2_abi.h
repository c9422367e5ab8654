/* SPDX-License-Identifier: ISC
 *
 * The part of LV2's interface that these plugins speak, so that they build without LV2's headers. Layouts and names
 * of URIs follow LV2 1.18 (lv2/core/lv2.h, lv2/urid/urid.h, lv2/state/state.h).
 */
#ifndef LV2_ABI_H
#define LV2_ABI_H

#include <stddef.h>
#include <stdint.h>

typedef void *Lv2Handle;

typedef struct {
    const char *uri;
    void *data;
} Lv2Feature;

typedef struct Lv2Descriptor {
    const char *uri;
    Lv2Handle (*instantiate)(const struct Lv2Descriptor *, double sample_rate, const char *bundle,
                             const Lv2Feature *const *features);
    void (*connect_port)(Lv2Handle, uint32_t port, void *data);
    void (*activate)(Lv2Handle);
    void (*run)(Lv2Handle, uint32_t frames);
    void (*deactivate)(Lv2Handle);
    void (*cleanup)(Lv2Handle);
    const void *(*extension_data)(const char *uri);
} Lv2Descriptor;

/* What a host looks for in the library. */
#if defined(_WIN32)
#define LV2_ABI_EXPORT __declspec(dllexport)
#elif defined(__GNUC__) || defined(__clang__)
#define LV2_ABI_EXPORT __attribute__((visibility("default")))
#else
#define LV2_ABI_EXPORT
#endif
LV2_ABI_EXPORT const Lv2Descriptor *lv2_descriptor(uint32_t index);

/* Numbers for URIs. */
#define LV2_ABI_URID_MAP "http://lv2plug.in/ns/ext/urid#map"
typedef struct {
    void *handle;
    uint32_t (*map)(void *handle, const char *uri);
} Lv2Map;

/* What a plugin keeps with the host's session. */
#define LV2_ABI_STATE "http://lv2plug.in/ns/ext/state#interface"
#define LV2_ABI_CHUNK "http://lv2plug.in/ns/ext/atom#Chunk"
enum { LV2_ABI_POD = 1, LV2_ABI_PORTABLE = 2 };
enum { LV2_ABI_DONE = 0, LV2_ABI_UNKNOWN = 1, LV2_ABI_BAD_TYPE = 2, LV2_ABI_NO_FEATURE = 4, LV2_ABI_NO_PROPERTY = 5 };
typedef int (*Lv2Store)(void *handle, uint32_t key, const void *value, size_t size, uint32_t type, uint32_t flags);
typedef const void *(*Lv2Retrieve)(void *handle, uint32_t key, size_t *size, uint32_t *type, uint32_t *flags);
typedef struct {
    int (*save)(Lv2Handle, Lv2Store, void *handle, uint32_t flags, const Lv2Feature *const *features);
    int (*restore)(Lv2Handle, Lv2Retrieve, void *handle, uint32_t flags, const Lv2Feature *const *features);
} Lv2State;

#endif
