-- written × the piles of the incidents → the first events of each incident: names to show, evidence to cite.
WITH ranked AS (
  SELECT
    d.case_id AS case_id, w.event_key AS event_key, w.file_dir AS file_dir, w.file_name AS file_name,
    ROW_NUMBER() OVER (PARTITION BY d.case_id ORDER BY w.ts_us NULLS FIRST, w.event_key NULLS FIRST) AS rank
  FROM written AS w
  INNER JOIN case_piles AS d
    ON d.host_key = w.host_key AND d.actor = w.actor AND d.file_dir = w.file_dir AND w.ts_us BETWEEN d.first_us AND d.last_us
)
SELECT case_id AS case_id, event_key AS event_key, file_dir AS file_dir, file_name AS file_name
FROM ranked
WHERE rank <= 20
ORDER BY case_id NULLS FIRST, rank NULLS FIRST
