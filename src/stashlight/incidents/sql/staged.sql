-- written × the piles of the incidents → one row per incident and extension: distinct files, known sizes.
WITH files AS (
  SELECT
    d.case_id AS case_id, w.file_dir AS file_dir, w.file_name AS file_name, MAX(w.file_ext) AS ext, MAX(w.file_size) AS bytes,
    MAX(w.weight) AS weight, MAX(CASE WHEN w.is_lower_bound THEN 1 ELSE 0 END) AS bounded
  FROM written AS w
  INNER JOIN case_piles AS d
    ON d.host_key = w.host_key AND d.actor = w.actor AND d.file_dir = w.file_dir AND w.ts_us BETWEEN d.first_us AND d.last_us
  LEFT JOIN made_directories AS m ON m.path = w.path
  WHERE m.path IS NULL
  GROUP BY d.case_id, w.file_dir, w.file_name
)
SELECT
  case_id AS case_id, COALESCE(ext, '') AS ext, CAST(SUM(weight) AS BIGINT) AS files, CAST(SUM(bytes) AS BIGINT) AS bytes,
  CAST(SUM(CASE WHEN bytes IS NULL THEN 0 ELSE 1 END) AS BIGINT) AS sized, MAX(bounded) AS bounded
FROM files
GROUP BY case_id, COALESCE(ext, '')
ORDER BY case_id NULLS FIRST, files DESC NULLS LAST, ext NULLS FIRST
