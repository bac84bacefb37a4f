-- written × the piles of the incidents → one row per incident and minute: distinct files first written in it.
WITH files AS (
  SELECT
    d.case_id AS case_id, w.file_dir AS file_dir, w.file_name AS file_name, MIN(w.ts_us) AS first_us, MAX(w.weight) AS weight
  FROM written AS w
  INNER JOIN case_piles AS d
    ON d.host_key = w.host_key AND d.actor = w.actor AND d.file_dir = w.file_dir AND w.ts_us BETWEEN d.first_us AND d.last_us
  LEFT JOIN made_directories AS m ON m.path = w.path
  WHERE m.path IS NULL
  GROUP BY d.case_id, w.file_dir, w.file_name
)
SELECT case_id AS case_id, first_us - first_us % 60000000 AS minute_us, CAST(SUM(weight) AS BIGINT) AS files
FROM files
WHERE NOT first_us IS NULL
GROUP BY case_id, first_us - first_us % 60000000
ORDER BY case_id NULLS FIRST, minute_us NULLS FIRST
