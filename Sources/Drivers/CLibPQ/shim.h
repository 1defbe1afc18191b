#pragma once
#include <libpq-fe.h>

/* PG_DIAG_* are character constants, which Swift does not import. */
enum {
  progressbus_diag_severity = PG_DIAG_SEVERITY_NONLOCALIZED,
  progressbus_diag_sqlstate = PG_DIAG_SQLSTATE,
  progressbus_diag_message = PG_DIAG_MESSAGE_PRIMARY,
  progressbus_diag_detail = PG_DIAG_MESSAGE_DETAIL,
  progressbus_diag_position = PG_DIAG_STATEMENT_POSITION,
  progressbus_diag_schema = PG_DIAG_SCHEMA_NAME,
  progressbus_diag_table = PG_DIAG_TABLE_NAME,
  progressbus_diag_column = PG_DIAG_COLUMN_NAME,
  progressbus_diag_datatype = PG_DIAG_DATATYPE_NAME,
  progressbus_diag_constraint = PG_DIAG_CONSTRAINT_NAME,
};
