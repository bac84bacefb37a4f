-- written × the piles of the incidents → one row per incident, host and file, the first of each incident: what to look up in listings.
WITH files AS (
  SELECT
    d.case_id AS case_id, w.host_key AS host_key, w.file_dir AS file_dir, w.file_name AS file_name, MAX(w.file_size) AS bytes
  FROM written AS w
  INNER JOIN case_piles AS d
    ON d.host_key = w.host_key AND d.actor = w.actor AND d.file_dir = w.file_dir AND w.ts_us BETWEEN d.first_us AND d.last_us
  LEFT JOIN made_directories AS m ON m.path = w.path
  WHERE m.path IS NULL
  GROUP BY d.case_id, w.host_key, w.file_dir, w.file_name
),
ranked AS (
  SELECT
    case_id AS case_id, host_key AS host_key, file_dir AS file_dir, file_name AS file_name, bytes AS bytes,
    ROW_NUMBER() OVER (
      PARTITION BY case_id
      ORDER BY host_key NULLS FIRST, file_dir NULLS FIRST, file_name NULLS FIRST
    ) AS rank
  FROM files
)
SELECT case_id AS case_id, host_key AS host_key, file_dir AS file_dir, file_name AS file_name, bytes AS bytes
FROM ranked
WHERE rank <= {most}
ORDER BY case_id NULLS FIRST, rank NULLS FIRST
