-- written → piles: what one actor put into one directory without a pause longer than the gap (microseconds).
-- A directory that is itself created shows as a file of its parent in Sysmon 11: `folders` names those paths.
WITH folders AS (
  SELECT DISTINCT host_key AS host_key, file_dir AS file_dir FROM written
), files AS (
  SELECT
    w.event_key AS event_key, w.host_key AS host_key, w.ts_us AS ts_us, w.actor AS actor, w.is_remote AS is_remote,
    w.client AS client, w.process_key AS process_key, w.process_path AS process_path, w.account_key AS account_key,
    w.file_dir AS file_dir, w.file_name AS file_name, w.file_ext AS file_ext, w.file_size AS file_size,
    w.weight AS weight, w.is_lower_bound AS is_lower_bound, w.share_name AS share_name, w.share_path AS share_path
  FROM written AS w
  LEFT JOIN folders AS f ON f.host_key = w.host_key AND f.file_dir = w.path
  WHERE f.file_dir IS NULL
), gaps AS (
  SELECT
    files.*,
    CASE
      WHEN ts_us - LAG(ts_us) OVER (PARTITION BY host_key, actor, file_dir ORDER BY ts_us NULLS FIRST, event_key NULLS FIRST) <= {gap}
        THEN 0
      ELSE 1
    END AS opens
  FROM files
), sessions AS (
  SELECT
    gaps.*,
    SUM(opens) OVER (
      PARTITION BY host_key, actor, file_dir ORDER BY ts_us NULLS FIRST, event_key NULLS FIRST
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS session
  FROM gaps
), names AS (
  SELECT
    host_key AS host_key, actor AS actor, file_dir AS file_dir, session AS session, file_name AS file_name,
    MIN(ts_us) AS first_us, MAX(ts_us) AS last_us, CAST(COUNT(*) AS BIGINT) AS events,
    MAX(weight) AS weight, MAX(file_size) AS bytes, MAX(file_ext) AS ext, MAX(CASE WHEN is_lower_bound THEN 1 ELSE 0 END) AS bounded,
    MAX(CASE WHEN is_remote THEN 1 ELSE 0 END) AS remote, MAX(client) AS client, MAX(process_key) AS process_key,
    MAX(process_path) AS process_path, MAX(account_key) AS account_key, MAX(share_name) AS share_name,
    MAX(share_path) AS share_path, MIN(event_key) AS event_key
  FROM sessions
  GROUP BY host_key, actor, file_dir, session, file_name
)
SELECT
  n.host_key AS host_key, n.actor AS actor, n.file_dir AS file_dir, CAST(n.session AS BIGINT) AS session,
  MAX(n.remote) AS remote, MAX(n.client) AS client, MAX(n.process_key) AS process_key, MAX(n.process_path) AS process_path,
  MAX(n.account_key) AS account_key, MAX(n.share_name) AS share_name, MAX(n.share_path) AS share_path,
  MIN(n.first_us) AS first_us, MAX(n.last_us) AS last_us,
  CAST(SUM(n.events) AS BIGINT) AS events, CAST(SUM(n.weight) AS BIGINT) AS files,
  CAST(SUM(n.bytes) AS BIGINT) AS bytes, CAST(COUNT(n.bytes) AS BIGINT) AS sized, MAX(n.bounded) AS bounded,
  MIN(n.event_key) AS event_key,
  {classes}
FROM names AS n
LEFT JOIN content_classes AS c ON c.ext = n.ext
GROUP BY n.host_key, n.actor, n.file_dir, n.session
