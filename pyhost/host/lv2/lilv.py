"""The library lilv, and the C types of LV2 that a host must know.

Declarations follow the headers of LV2 1.18 (core, atom, options, state, urid, worker) and lilv 0.24. The library is
opened by name at the first use, so nothing is compiled, and pyhost imports without it.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from cffi import FFI

from pyhost.errors import PluginError

__all__ = ["ffi", "library", "text"]

LIBRARIES = ("liblilv-0.so.0", "liblilv-0.so", "liblilv-0.0.dylib", "lilv-0.dll")

ffi = FFI()
ffi.cdef(
    """
    typedef struct { const char *URI; void *data; } LV2_Feature;
    typedef struct {
        const char *URI;
        void *instantiate;
        void (*connect_port)(void *, uint32_t, void *);
        void (*activate)(void *);
        void (*run)(void *, uint32_t);
        void (*deactivate)(void *);
        void (*cleanup)(void *);
        const void *(*extension_data)(const char *);
    } LV2_Descriptor;

    typedef struct { void *handle; uint32_t (*map)(void *, const char *); } LV2_URID_Map;
    typedef struct { void *handle; const char *(*unmap)(void *, uint32_t); } LV2_URID_Unmap;
    typedef struct {
        int context; uint32_t subject; uint32_t key; uint32_t size; uint32_t type; const void *value;
    } LV2_Options_Option;
    typedef int (*LV2_Worker_Respond)(void *, uint32_t, const void *);
    typedef struct { void *handle; int (*schedule_work)(void *, uint32_t, const void *); } LV2_Worker_Schedule;
    typedef struct {
        int (*work)(void *, LV2_Worker_Respond, void *, uint32_t, const void *);
        int (*work_response)(void *, uint32_t, const void *);
        int (*end_run)(void *);
    } LV2_Worker_Interface;
    typedef struct { uint32_t size; uint32_t type; } LV2_Atom;
    typedef struct { LV2_Atom atom; uint32_t unit; uint32_t pad; } LV2_Atom_Sequence;
    typedef struct { int64_t frames; LV2_Atom body; } LV2_Atom_Event;

    typedef struct LilvNode LilvNode;
    typedef struct LilvWorld LilvWorld;
    typedef struct LilvPlugin LilvPlugin;
    typedef struct LilvPort LilvPort;
    typedef struct LilvState LilvState;
    typedef void LilvNodes;
    typedef void LilvPlugins;
    typedef void LilvScalePoints;
    typedef struct LilvScalePoint LilvScalePoint;
    typedef struct LilvPluginClass LilvPluginClass;
    typedef struct { const LV2_Descriptor *lv2_descriptor; void *lv2_handle; void *pimpl; } LilvInstance;

    LilvWorld *lilv_world_new(void);
    void lilv_world_load_all(LilvWorld *);
    void lilv_world_load_bundle(LilvWorld *, const LilvNode *);
    void lilv_world_load_specifications(LilvWorld *);
    void lilv_world_load_plugin_classes(LilvWorld *);
    int lilv_world_load_resource(LilvWorld *, const LilvNode *);
    LilvNode *lilv_world_get(LilvWorld *, const LilvNode *, const LilvNode *, const LilvNode *);
    const LilvPlugins *lilv_world_get_all_plugins(const LilvWorld *);
    const LilvPlugin *lilv_plugins_get_by_uri(const LilvPlugins *, const LilvNode *);
    void *lilv_plugins_begin(const LilvPlugins *);
    void *lilv_plugins_next(const LilvPlugins *, void *);
    bool lilv_plugins_is_end(const LilvPlugins *, void *);
    const LilvPlugin *lilv_plugins_get(const LilvPlugins *, void *);

    LilvNode *lilv_new_uri(LilvWorld *, const char *);
    LilvNode *lilv_new_file_uri(LilvWorld *, const char *, const char *);
    void lilv_node_free(LilvNode *);
    const char *lilv_node_as_string(const LilvNode *);
    bool lilv_node_is_uri(const LilvNode *);
    bool lilv_node_is_float(const LilvNode *);
    bool lilv_node_is_int(const LilvNode *);
    float lilv_node_as_float(const LilvNode *);
    void *lilv_nodes_begin(const LilvNodes *);
    void *lilv_nodes_next(const LilvNodes *, void *);
    bool lilv_nodes_is_end(const LilvNodes *, void *);
    const LilvNode *lilv_nodes_get(const LilvNodes *, void *);
    void lilv_nodes_free(LilvNodes *);

    const LilvNode *lilv_plugin_get_uri(const LilvPlugin *);
    const LilvNode *lilv_plugin_get_bundle_uri(const LilvPlugin *);
    const LilvNode *lilv_plugin_get_library_uri(const LilvPlugin *);
    LilvNode *lilv_plugin_get_name(const LilvPlugin *);
    LilvNode *lilv_plugin_get_author_name(const LilvPlugin *);
    const LilvPluginClass *lilv_plugin_get_class(const LilvPlugin *);
    const LilvNode *lilv_plugin_class_get_label(const LilvPluginClass *);
    bool lilv_plugin_verify(const LilvPlugin *);
    LilvNodes *lilv_plugin_get_required_features(const LilvPlugin *);
    bool lilv_plugin_has_feature(const LilvPlugin *, const LilvNode *);
    LilvNodes *lilv_plugin_get_related(const LilvPlugin *, const LilvNode *);
    uint32_t lilv_plugin_get_num_ports(const LilvPlugin *);
    const LilvPort *lilv_plugin_get_port_by_index(const LilvPlugin *, uint32_t);
    const LilvNode *lilv_port_get_symbol(const LilvPlugin *, const LilvPort *);
    LilvNode *lilv_port_get_name(const LilvPlugin *, const LilvPort *);
    bool lilv_port_is_a(const LilvPlugin *, const LilvPort *, const LilvNode *);
    bool lilv_port_has_property(const LilvPlugin *, const LilvPort *, const LilvNode *);
    bool lilv_port_supports_event(const LilvPlugin *, const LilvPort *, const LilvNode *);
    LilvNode *lilv_port_get(const LilvPlugin *, const LilvPort *, const LilvNode *);
    void lilv_port_get_range(const LilvPlugin *, const LilvPort *, LilvNode **, LilvNode **, LilvNode **);
    LilvScalePoints *lilv_port_get_scale_points(const LilvPlugin *, const LilvPort *);
    void *lilv_scale_points_begin(const LilvScalePoints *);
    void *lilv_scale_points_next(const LilvScalePoints *, void *);
    bool lilv_scale_points_is_end(const LilvScalePoints *, void *);
    const LilvScalePoint *lilv_scale_points_get(const LilvScalePoints *, void *);
    const LilvNode *lilv_scale_point_get_label(const LilvScalePoint *);
    const LilvNode *lilv_scale_point_get_value(const LilvScalePoint *);
    void lilv_scale_points_free(LilvScalePoints *);

    LilvInstance *lilv_plugin_instantiate(const LilvPlugin *, double, const LV2_Feature *const *);
    void lilv_instance_free(LilvInstance *);

    typedef const void *(*LilvGetPortValueFunc)(const char *, void *, uint32_t *, uint32_t *);
    typedef void (*LilvSetPortValueFunc)(const char *, void *, const void *, uint32_t, uint32_t);
    LilvState *lilv_state_new_from_instance(const LilvPlugin *, LilvInstance *, LV2_URID_Map *, const char *,
        const char *, const char *, const char *, LilvGetPortValueFunc, void *, uint32_t, const LV2_Feature *const *);
    LilvState *lilv_state_new_from_world(LilvWorld *, LV2_URID_Map *, const LilvNode *);
    LilvState *lilv_state_new_from_string(LilvWorld *, LV2_URID_Map *, const char *);
    char *lilv_state_to_string(LilvWorld *, LV2_URID_Map *, LV2_URID_Unmap *, const LilvState *, const char *,
        const char *);
    const LilvNode *lilv_state_get_plugin_uri(const LilvState *);
    void lilv_state_restore(const LilvState *, LilvInstance *, LilvSetPortValueFunc, void *, uint32_t,
        const LV2_Feature *const *);
    void lilv_state_free(LilvState *);
    void lilv_free(void *);
    """
)


@cache
def library() -> Any:
    """Return lilv.

    Raises
    ------
    PluginError
        If it is not installed.
    """
    # A relative entry of LV2_PATH makes lilv read past the end of a string.
    if "LV2_PATH" in os.environ:
        entries = os.environ["LV2_PATH"].split(os.pathsep)
        os.environ["LV2_PATH"] = os.pathsep.join(os.path.abspath(os.path.expanduser(e)) for e in entries if e)
    for name in LIBRARIES:
        try:
            return ffi.dlopen(name)
        except OSError:
            continue
    raise PluginError("LV2 plugins need the library lilv, which is not installed; on Debian: apt install liblilv-0-0")


def text(node: Any) -> str:
    """Return a node as text; "" if there is none."""
    if not node:
        return ""
    return bytes(ffi.string(library().lilv_node_as_string(node))).decode("utf-8", "replace")
