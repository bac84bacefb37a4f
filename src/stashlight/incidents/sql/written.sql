-- events → written: every file that came to stand somewhere, one row an event, with who brought it.
-- Writes that a benign profile takes off are left out (`profiles.ask_writers`).
-- Writes seen on a file server carry the remote requester as actor, because the writing process there is always System.
-- A write mask has bit 1 (write data) or 2 (append): 0x2, 0x17019f, 0x120196, 0x12019f in real 5145 events.
CREATE OR REPLACE TABLE written AS
SELECT
  e.event_key AS event_key,
  e.host_key AS host_key,
  e.ts_us AS ts_us,
  e.kind AS kind,
  e.provider AS provider,
  CASE
    WHEN COALESCE(e.is_remote, FALSE)
      THEN 'remote|' || COALESCE(e.client_ip_lc, e.client_host_lc, '') || '|' || COALESCE(e.account_key, '')
    ELSE COALESCE(e.process_key, e.process_path_lc, '')
  END AS actor,
  COALESCE(e.is_remote, FALSE) AS is_remote,
  COALESCE(e.client_ip_lc, e.client_host_lc) AS client,
  e.process_key AS process_key,
  e.process_path_lc AS process_path,
  e.account_key AS account_key,
  e.file_dir AS file_dir,
  e.file_name AS file_name,
  CASE
    WHEN starts_with(e.file_dir, '/') THEN e.file_dir || '/' || e.file_name
    WHEN ends_with(e.file_dir, '\') THEN e.file_dir || e.file_name
    ELSE e.file_dir || '\' || e.file_name
  END AS path,
  e.file_ext AS file_ext,
  e.file_size AS file_size,
  COALESCE(e.weight, 1) AS weight,
  COALESCE(e.is_lower_bound, FALSE) AS is_lower_bound,
  e.share_name_lc AS share_name,
  e.share_path_lc AS share_path
FROM events AS e
LEFT JOIN quiet_writers AS q ON q.process_path_lc = COALESCE(e.process_path_lc, '') AND q.process_path = COALESCE(e.process_path, '')
WHERE
  e.kind IN ('file_create', 'file_rename', 'database_file', 'share_access', 'file_access')
  AND NOT e.ts_us IS NULL
  AND NOT e.host_key IS NULL
  AND NOT e.file_dir IS NULL
  AND NOT e.file_name IS NULL
  AND (
    (e.kind = 'file_create' AND {kept})
    OR e.kind IN ('file_rename', 'database_file')
    OR (e.kind IN ('share_access', 'file_access') AND e.access_mask % 8 >= 2)
  )
