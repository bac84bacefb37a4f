-- written → piles: what one actor put into one directory without a pause longer than the gap (microseconds).
-- A directory that is itself created shows as a file of its parent in Sysmon 11: `folders` names those paths.
-- Pauses are looked for among numbers and times alone: rows with all their texts are never sorted. What is counted by name
-- carries no other text either: a pile may have as many names as rows. Of more rows than fit into memory a share of the
-- places is looked at each time (`{share}`).
WITH folders AS (
  SELECT DISTINCT host_key AS host_key, file_dir AS file_dir FROM written
), places AS (
  SELECT
    host_key AS host_key, actor AS actor, file_dir AS file_dir,
    ROW_NUMBER() OVER (ORDER BY host_key NULLS FIRST, actor NULLS FIRST, file_dir NULLS FIRST) AS place
  FROM written AS w
  WHERE {share}
  GROUP BY host_key, actor, file_dir
), files AS (
  SELECT
    p.place AS place, w.event_key AS event_key, w.ts_us AS ts_us, w.is_remote AS is_remote, w.client AS client,
    w.process_key AS process_key, w.process_path AS process_path, w.account_key AS account_key, w.file_name AS file_name,
    w.file_ext AS file_ext, w.file_size AS file_size, w.weight AS weight, w.is_lower_bound AS is_lower_bound,
    w.share_name AS share_name, w.share_path AS share_path
  FROM written AS w
  INNER JOIN places AS p ON p.host_key = w.host_key AND p.actor = w.actor AND p.file_dir = w.file_dir
  LEFT JOIN folders AS f ON f.host_key = w.host_key AND f.file_dir = w.path
  WHERE {share} AND f.file_dir IS NULL
), gaps AS (
  SELECT
    place AS place, ts_us AS ts_us,
    CASE WHEN ts_us - LAG(ts_us) OVER (PARTITION BY place ORDER BY ts_us NULLS FIRST) <= {gap} THEN 0 ELSE 1 END AS opens
  FROM (SELECT DISTINCT place AS place, ts_us AS ts_us FROM files) AS times
), sessions AS (
  SELECT
    place AS place, ts_us AS ts_us,
    SUM(opens) OVER (PARTITION BY place ORDER BY ts_us NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session
  FROM gaps
), rows AS (
  SELECT f.*, CAST(s.session AS BIGINT) AS session
  FROM files AS f
  INNER JOIN sessions AS s ON s.place = f.place AND s.ts_us = f.ts_us
), told AS (
  SELECT
    place AS place, session AS session,
    MAX(CASE WHEN is_remote THEN 1 ELSE 0 END) AS remote, MAX(client) AS client, MAX(process_key) AS process_key,
    MAX(process_path) AS process_path, MAX(account_key) AS account_key, MAX(share_name) AS share_name,
    MAX(share_path) AS share_path, MIN(ts_us) AS first_us, MAX(ts_us) AS last_us, CAST(COUNT(*) AS BIGINT) AS events,
    MAX(CASE WHEN is_lower_bound THEN 1 ELSE 0 END) AS bounded, MIN(event_key) AS event_key
  FROM rows
  GROUP BY place, session
), names AS (
  SELECT
    place AS place, session AS session, file_name AS file_name,
    MAX(weight) AS weight, MAX(file_size) AS bytes, MAX(file_ext) AS ext
  FROM rows
  GROUP BY place, session, file_name
), counted AS (
  SELECT
    n.place AS place, n.session AS session, CAST(SUM(n.weight) AS BIGINT) AS files,
    CAST(SUM(n.bytes) AS BIGINT) AS bytes, CAST(COUNT(n.bytes) AS BIGINT) AS sized,
    {classes}
  FROM names AS n
  LEFT JOIN content_classes AS c ON c.ext = n.ext
  GROUP BY n.place, n.session
)
SELECT
  p.host_key AS host_key, p.actor AS actor, p.file_dir AS file_dir, t.remote AS remote, t.client AS client,
  t.process_key AS process_key, t.process_path AS process_path, t.account_key AS account_key, t.share_name AS share_name,
  t.share_path AS share_path, t.first_us AS first_us, t.last_us AS last_us, t.events AS events, t.bounded AS bounded,
  t.event_key AS event_key, c.*
FROM told AS t
INNER JOIN counted AS c ON c.place = t.place AND c.session = t.session
INNER JOIN places AS p ON p.place = t.place
