-- events × the piles of the incidents → where files of the same name were read shortly before or after they were written.
-- A read mask has bit 0 (read data) and neither write bit: 0x1, 0x120089, 0x100081 (a directory listing has no file name).
WITH staged AS (
  SELECT DISTINCT d.case_id AS case_id, w.host_key AS host_key, w.file_dir AS file_dir, w.file_name AS file_name, w.ts_us AS ts_us
  FROM written AS w
  INNER JOIN case_piles AS d
    ON d.host_key = w.host_key AND d.actor = w.actor AND d.file_dir = w.file_dir AND w.ts_us BETWEEN d.first_us AND d.last_us
), reads AS (
  SELECT
    e.host_key AS host_key, e.file_dir AS file_dir, e.file_name AS file_name, e.ts_us AS ts_us, e.event_key AS event_key
  FROM events AS e
  WHERE
    e.kind IN ('file_access', 'share_access') AND e.access_mask % 2 = 1 AND e.access_mask % 8 < 2
    AND NOT e.file_name IS NULL AND NOT e.file_dir IS NULL AND NOT e.ts_us IS NULL
)
SELECT
  s.case_id AS case_id, r.host_key AS host_key, r.file_dir AS file_dir, CAST(COUNT(DISTINCT r.file_name) AS BIGINT) AS files,
  MIN(r.ts_us) AS first_us, MAX(r.ts_us) AS last_us, MIN(r.event_key) AS event_key
FROM staged AS s
INNER JOIN reads AS r
  ON r.file_name = s.file_name AND r.ts_us BETWEEN s.ts_us - {near} AND s.ts_us + {near}
WHERE NOT (r.host_key = s.host_key AND r.file_dir = s.file_dir)
GROUP BY s.case_id, r.host_key, r.file_dir
ORDER BY s.case_id NULLS FIRST, files DESC NULLS LAST, r.host_key NULLS FIRST, r.file_dir NULLS FIRST
