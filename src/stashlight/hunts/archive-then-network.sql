-- title: An archive is made, then a program of the same account reaches out
-- attack: T1560, T1041, T1567
-- finds: an archive (by extension, or what an archiver writes) and, within two hours on the same host, a connection to a
--   public address by the account that made it, from a program that is no browser, mail or chat client
-- benign: backup to a cloud, mail clients, synchronisation; the address and the program tell
-- blind: sources without network events, and senders that run as another account
WITH archives AS (
  SELECT host_key, host, account, account_key, file_path, process_name, ts_us, file, record
  FROM events
  WHERE kind IN ('file_create', 'file_rename')
    AND (file_ext IN ('zip', 'rar', '7z', 'tar', 'gz', 'tgz', 'cab', '001')
      OR process_name IN ('rar.exe', 'winrar.exe', '7z.exe', '7za.exe', 'makecab.exe')
      OR process_key IN (
        SELECT process_key FROM events
        WHERE kind = 'process_start' AND original_file_name_lc IN ('rar.exe', 'winrar.exe', '7z.exe', '7za.exe', '7zr.exe')
      ))
),
reached AS (
  SELECT host_key, account_key, process_name, destination_ip, destination_host, destination_port, ts_us
  FROM events
  WHERE kind = 'network_connect' AND coalesce(initiated, TRUE) AND NOT destination_ip IS NULL
    AND NOT regexp_matches(destination_ip_lc, '^(10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|22[4-9]\.|23\d\.|::1$|f[cde])')
    AND NOT coalesce(process_name, '') IN (
      'chrome.exe', 'msedge.exe', 'firefox.exe', 'brave.exe', 'iexplore.exe', 'teams.exe', 'ms-teams.exe', 'outlook.exe', 'onedrive.exe'
    )
)
SELECT
  make_timestamp(min(a.ts_us)) AS first, make_timestamp(min(r.ts_us)) AS sent, any_value(a.host) AS host,
  any_value(a.account) AS account, count(DISTINCT a.file_path) AS archives, min(a.file_path) AS archive,
  any_value(a.process_name) AS made_by, r.process_name AS sender, r.destination_ip AS address,
  any_value(r.destination_host) AS name, any_value(r.destination_port) AS port,
  arg_min(a.file, (a.ts_us, a.record)) AS source_file, arg_min(a.record, (a.ts_us, a.record)) AS source_record
FROM archives AS a
INNER JOIN reached AS r
  ON r.host_key = a.host_key AND r.account_key = a.account_key AND r.ts_us > a.ts_us AND r.ts_us <= a.ts_us + 7200000000
GROUP BY a.host_key, r.process_name, r.destination_ip
ORDER BY first
