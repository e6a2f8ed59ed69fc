#!/bin/sh
set -eu
'/usr/lib/postgresql/17/bin/psql' "$1" -v ON_ERROR_STOP=1 <<'SQL'
CREATE ROLE holdfast LOGIN CREATEDB PASSWORD 'CHANGE-ME-holdfast';
GRANT pg_monitor TO holdfast;
CREATE DATABASE holdfast OWNER holdfast ENCODING 'UTF8' TEMPLATE template0;
SQL
