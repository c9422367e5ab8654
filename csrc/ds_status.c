/* SPDX-License-Identifier: ISC */
#include "ds_status.h"

const char *ds_status_text(DsStatus status)
{
    switch (status) {
    case DS_OK: return "done";
    case DS_ERROR_LIMIT: return "a count or a size is beyond what the core takes";
    case DS_ERROR_REGISTER: return "an instruction names a register that is missing, written twice or read too early";
    case DS_ERROR_OPCODE: return "an instruction's opcode is unknown";
    case DS_ERROR_SHAPE: return "the registers of an instruction do not fit together";
    case DS_ERROR_PARTIALS: return "a register has no room for a partial that reaches it";
    case DS_ERROR_OPERAND: return "an instruction's size, flags, table or parameter is out of range";
    case DS_ERROR_MEMORY: return "the memory is too small or not aligned to 64 bytes";
    case DS_ERROR_SETTING: return "a learner's setting is out of range";
    case DS_DIVERGED: return "loss or parameters left the finite numbers";
    case DS_STATUS_COUNT: break;
    }
    return "unknown status";
}
