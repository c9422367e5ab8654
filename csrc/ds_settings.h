/* SPDX-License-Identifier: ISC
 *
 * What settings of a learner are possible. Inside the core only.
 */
#ifndef DS_SETTINGS_H
#define DS_SETTINGS_H

#include "ds_learner.h"

#include <stdbool.h>

/* DS_OK, or DS_ERROR_SETTING if the program cannot be learned with these settings. */
DsStatus ds_settings_check(const DsProgram *program, const DsLearnerSettings *settings);

/* Whether a rate is one: finite and not negative. [real-time] */
bool ds_rate_is_valid(double rate) DS_REALTIME;

#endif
