-- events × the source directories that commands name → the reads recorded below them while the command ran.
SELECT
  r.case_id AS case_id, e.host_key AS host_key, r.root AS file_dir, CAST(COUNT(DISTINCT e.file_dir || '|' || e.file_name) AS BIGINT) AS files,
  MIN(e.ts_us) AS first_us, MAX(e.ts_us) AS last_us, MIN(e.event_key) AS event_key
FROM events AS e
INNER JOIN source_roots AS r
  ON r.host = e.host_key AND e.ts_us BETWEEN r.first_us AND r.last_us
  AND (e.file_dir = r.root OR starts_with(e.file_dir, r.root || '\'))
WHERE
  e.kind IN ('file_access', 'share_access') AND e.access_mask % 2 = 1 AND e.access_mask % 8 < 2
  AND NOT e.file_name IS NULL AND NOT e.file_dir IS NULL AND NOT e.ts_us IS NULL
GROUP BY r.case_id, e.host_key, r.root
ORDER BY r.case_id NULLS FIRST, files DESC NULLS LAST, e.host_key NULLS FIRST, r.root NULLS FIRST
