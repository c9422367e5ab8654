/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "ds_status.h"

static void every_status_has_a_text_of_its_own_without_a_full_stop(void)
{
    for (int i = 0; i < DS_STATUS_COUNT; ++i) {
        const char *text = ds_status_text((DsStatus)i);
        CHECK(strlen(text) > 3);
        CHECK(text[strlen(text) - 1] != '.');
        CHECK(strcmp(text, "unknown status") != 0);
        for (int j = 0; j < i; ++j)
            CHECK(strcmp(text, ds_status_text((DsStatus)j)) != 0);
    }
}

static void what_is_no_status_is_called_unknown(void)
{
    CHECK(strcmp(ds_status_text(DS_STATUS_COUNT), "unknown status") == 0);
}

int main(void)
{
    every_status_has_a_text_of_its_own_without_a_full_stop();
    what_is_no_status_is_called_unknown();
    return check_report();
}
