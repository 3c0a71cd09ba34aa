"""Folds a log by DuckDB: fold.py LOG THREADS [OUT], with 0 for DuckDB's own choice of threads.

The states of the streams become a table in memory or, with OUT, lines of JSON.
"""

import sys

import duckdb

FOLD = """
SELECT subject AS stream,
       arg_max(data.status, "sequence"::BIGINT) AS status,
       sum(data.amount) AS total,
       list(data.item ORDER BY "sequence"::BIGINT) AS items
FROM read_json(?, format = 'newline_delimited', columns = {
  subject: 'VARCHAR',
  "sequence": 'VARCHAR',
  data: 'STRUCT(status VARCHAR, amount DECIMAL(18, 2), item STRUCT(sku VARCHAR, quantity INTEGER))'
})
GROUP BY subject
ORDER BY subject
"""

log, threads, *out = sys.argv[1:]
connection = duckdb.connect(config={"threads": int(threads)} if int(threads) else {})
if out:
    connection.execute(f"COPY ({FOLD}) TO '{out[0]}' (FORMAT json)", [log])
else:
    connection.execute(f"CREATE TEMP TABLE states AS {FOLD}", [log])
