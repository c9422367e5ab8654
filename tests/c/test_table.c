/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "ds_table.h"

static const double table[] = {1.0, 3.0, -2.0, 0.5};

static void between_entries_the_value_is_on_the_line_and_the_slope_is_its_rise(void)
{
    CHECK_CLOSE(ds_table_read(table, 4, 0.25).value, 1.5, 1e-15);
    CHECK(ds_table_read(table, 4, 0.25).slope == 2.0);
    CHECK_CLOSE(ds_table_read(table, 4, 1.5).value, 0.5, 1e-15);
    CHECK(ds_table_read(table, 4, 1.5).slope == -5.0);
    CHECK(ds_table_read(table, 4, 2.0).value == -2.0);
    CHECK(ds_table_read(table, 4, 2.0).slope == 2.5);
}

static void the_ends_have_the_slope_of_their_neighbour(void)
{
    CHECK(ds_table_read(table, 4, 0.0).value == 1.0 && ds_table_read(table, 4, 0.0).slope == 2.0);
    CHECK(ds_table_read(table, 4, 3.0).value == 0.5 && ds_table_read(table, 4, 3.0).slope == 2.5);
}

static void beyond_the_ends_the_index_is_clipped_and_flat(void)
{
    CHECK(ds_table_read(table, 4, -0.1).value == 1.0 && ds_table_read(table, 4, -0.1).slope == 0.0);
    CHECK(ds_table_read(table, 4, 3.1).value == 0.5 && ds_table_read(table, 4, 3.1).slope == 0.0);
    CHECK(ds_table_read(table, 4, 1e300).value == 0.5);
    CHECK(ds_table_read(table, 4, (double)NAN).value == 1.0 && ds_table_read(table, 4, (double)NAN).slope == 0.0);
}

static void a_table_of_one_entry_is_a_constant(void)
{
    CHECK(ds_table_read(table, 1, 0.0).value == 1.0 && ds_table_read(table, 1, 0.0).slope == 0.0);
    CHECK(ds_table_read(table, 1, 5.0).value == 1.0);
}

int main(void)
{
    between_entries_the_value_is_on_the_line_and_the_slope_is_its_rise();
    the_ends_have_the_slope_of_their_neighbour();
    beyond_the_ends_the_index_is_clipped_and_flat();
    a_table_of_one_entry_is_a_constant();
    return check_report();
}
