-- written → distinct files of each actor, directory and hour since 1970 (UTC): what a baseline counts.
WITH files AS (
  SELECT
    w.host_key AS host_key, w.actor AS actor, w.file_dir AS file_dir, w.file_name AS file_name,
    (w.ts_us - w.ts_us % 3600000000) AS hour_us, MAX(w.weight) AS weight
  FROM written AS w
  WHERE w.ts_us >= 0
  GROUP BY w.host_key, w.actor, w.file_dir, w.file_name, (w.ts_us - w.ts_us % 3600000000)
)
SELECT host_key AS host_key, actor AS actor, file_dir AS file_dir, hour_us AS hour_us, CAST(SUM(weight) AS BIGINT) AS files
FROM files
GROUP BY host_key, actor, file_dir, hour_us
