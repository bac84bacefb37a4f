-- written × the piles of the cases → distinct files by content class: what several sources or clients tell of counts once.
WITH files AS (
  SELECT d.case_id AS case_id, w.path AS path, MAX(w.file_ext) AS ext, MAX(w.weight) AS weight
  FROM written AS w
  INNER JOIN case_piles AS d
    ON d.host_key = w.host_key AND d.actor = w.actor AND d.file_dir = w.file_dir AND w.ts_us BETWEEN d.first_us AND d.last_us
  LEFT JOIN made_directories AS m ON m.path = w.path
  WHERE m.path IS NULL
  GROUP BY d.case_id, w.path
)
SELECT
  f.case_id AS case_id, CASE WHEN f.ext IS NULL THEN 'none' ELSE COALESCE(c.class, 'other') END AS class, CAST(SUM(f.weight) AS BIGINT) AS files
FROM files AS f
LEFT JOIN content_classes AS c ON c.ext = f.ext
GROUP BY f.case_id, CASE WHEN f.ext IS NULL THEN 'none' ELSE COALESCE(c.class, 'other') END
