/* SPDX-License-Identifier: ISC
 *
 * The LV2 plugin that lies beside this file, as an object: it lives at one sample rate, and what it keeps with a
 * session is a text.
 */
#ifndef LV2_INSTANCE_HPP
#define LV2_INSTANCE_HPP

#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "extra/Base64.hpp"
#include "extra/String.hpp"

extern "C" {
#include "lv2_abi.h"
}

/* Numbers for URIs, from 1 on. */
class Urids
{
public:
    uint32_t map(const std::string &uri)
    {
        for (size_t k = 0; k < uris.size(); ++k)
            if (uris[k] == uri)
                return static_cast<uint32_t>(k + 1);
        uris.push_back(uri);
        return static_cast<uint32_t>(uris.size());
    }

    const std::string &uri(uint32_t urid) const
    {
        return uris.at(urid - 1);
    }

private:
    std::vector<std::string> uris;
};

class Lv2Instance
{
public:
    explicit Lv2Instance(double rate)
        : descriptor(lv2_descriptor(0)), mapping{&urids, map_of}
    {
        const Lv2Feature map = {LV2_ABI_URID_MAP, &mapping};
        const Lv2Feature *const features[] = {&map, nullptr};
        handle = descriptor->instantiate(descriptor, rate, "", features);
    }

    ~Lv2Instance()
    {
        if (handle != nullptr)
            descriptor->cleanup(handle);
    }

    Lv2Instance(const Lv2Instance &) = delete;
    Lv2Instance &operator=(const Lv2Instance &) = delete;

    /* Whether it runs at its sample rate. If not, nothing below does anything. */
    bool runs() const
    {
        return handle != nullptr;
    }

    void connect(uint32_t port, void *data)
    {
        if (runs())
            descriptor->connect_port(handle, port, data);
    }

    void activate()
    {
        if (runs() && descriptor->activate != nullptr)
            descriptor->activate(handle);
    }

    /* [real-time] */
    void run(uint32_t frames)
    {
        if (runs())
            descriptor->run(handle, frames);
    }

    /* What it keeps: a line for each property, "key type flags base64". */
    std::string saved()
    {
        Text text{this, {}};
        if (const Lv2State *const state = interface())
            state->save(handle, store, &text, LV2_ABI_POD | LV2_ABI_PORTABLE, nullptr);
        return text.lines.str();
    }

    /* Takes up what an instance kept; what is damaged leaves it as it is. Not while it runs. */
    void restore(const std::string &text)
    {
        Properties properties{this, {}};
        std::istringstream lines(text);
        std::string key, type, base64;
        uint32_t flags;
        while (lines >> key >> type >> flags >> base64)
            properties.all.push_back(
                {urids.map(key), urids.map(type), flags, d_getChunkFromBase64String(base64.c_str())});
        if (const Lv2State *const state = interface())
            state->restore(handle, retrieve, &properties, LV2_ABI_POD | LV2_ABI_PORTABLE, nullptr);
    }

private:
    struct Text {
        Lv2Instance *instance;
        std::ostringstream lines;
    };

    struct Property {
        uint32_t key, type, flags;
        std::vector<uint8_t> bytes;
    };

    struct Properties {
        Lv2Instance *instance;
        std::vector<Property> all;
    };

    static uint32_t map_of(void *urids, const char *uri)
    {
        return static_cast<Urids *>(urids)->map(uri);
    }

    static int store(void *host, uint32_t key, const void *value, size_t size, uint32_t type, uint32_t flags)
    {
        auto *const text = static_cast<Text *>(host);
        const Urids &urids = text->instance->urids;
        text->lines << urids.uri(key) << ' ' << urids.uri(type) << ' ' << flags << ' '
                    << DISTRHO_NAMESPACE::String::asBase64(value, size).buffer() << '\n';
        return LV2_ABI_DONE;
    }

    static const void *retrieve(void *host, uint32_t key, size_t *size, uint32_t *type, uint32_t *flags)
    {
        for (const Property &property : static_cast<Properties *>(host)->all)
            if (property.key == key) {
                *size = property.bytes.size();
                *type = property.type;
                *flags = property.flags;
                return property.bytes.data();
            }
        return nullptr;
    }

    const Lv2State *interface() const
    {
        if (!runs() || descriptor->extension_data == nullptr)
            return nullptr;
        return static_cast<const Lv2State *>(descriptor->extension_data(LV2_ABI_STATE));
    }

    Urids urids;
    const Lv2Descriptor *descriptor;
    Lv2Map mapping;
    Lv2Handle handle;
};

#endif
