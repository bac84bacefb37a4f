-- title: Files made in a directory and deleted from it again
-- attack: T1074.001, T1070.004
-- finds: three or more files that are made in one directory and deleted within a day, where one of them is an archive or
--   there are at least ten, by another process than made them
-- benign: builds, installers and caches delete what the same process made, which is left out, as are Windows' own app packages
-- blind: sources that record no deletions (Sysmon 23, 26)
WITH made AS (
  SELECT host_key, host, account, file_dir, file_name, file_ext, process_key, process_name, ts_us, file, record
  FROM events WHERE kind IN ('file_create', 'file_rename') AND NOT file_dir IS NULL
    AND NOT contains(file_dir, '\appdata\local\packages\')
),
gone AS (
  SELECT host_key, file_dir, file_name, process_key, process_name, ts_us
  FROM events WHERE kind = 'file_delete' AND NOT file_dir IS NULL
),
both_ AS (
  SELECT m.*, g.process_name AS deleted_by, g.ts_us AS deleted_us
  FROM made AS m
  INNER JOIN gone AS g
    ON g.host_key = m.host_key AND g.file_dir = m.file_dir AND g.file_name = m.file_name
    AND g.ts_us > m.ts_us AND g.ts_us <= m.ts_us + 86400000000
    AND g.process_key IS DISTINCT FROM m.process_key
)
SELECT
  make_timestamp(min(ts_us)) AS first, make_timestamp(max(deleted_us)) AS deleted, any_value(host) AS host,
  any_value(account) AS account, file_dir AS directory, count(DISTINCT file_name) AS files, any_value(process_name) AS made_by,
  any_value(deleted_by) AS deleted_by, arg_min(file, (ts_us, record)) AS source_file, arg_min(record, (ts_us, record)) AS source_record
FROM both_
GROUP BY host_key, file_dir
HAVING count(DISTINCT file_name) >= 10
  OR (count(DISTINCT file_name) >= 3
    AND bool_or(file_ext IN ('zip', 'rar', '7z', 'tar', 'gz', 'cab') OR file_name LIKE '%.part%.%' OR regexp_matches(file_name, '\.\d{3}$')))
ORDER BY files DESC, directory
