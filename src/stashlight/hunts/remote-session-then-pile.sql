-- title: A remote desktop session, then a pile of files by its account
-- attack: T1021.001, T1074.001
-- finds: a logon of type 10 and, within four hours, 15 or more files of people written by that account into one directory
-- benign: people who work on a terminal server in their own folders, which are left out
-- blind: hosts whose Security log is not collected
WITH sessions AS (
  SELECT host_key, account_key, ts_us, coalesce(client_ip, client_host) AS client
  FROM events WHERE kind = 'logon' AND logon_type = 10
),
written AS (
  SELECT host_key, host, account_key, account, file_dir, file_path, process_name, ts_us, file, record
  FROM events
  WHERE kind = 'file_create' AND file_ext IN (
      'doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'pdf', 'csv', 'txt', 'pst', 'msg', 'eml', 'sql', 'mdb', 'kdbx', 'jpg', 'png',
      'dwg', 'zip', '7z', 'rar', 'py', 'ipynb'
    )
    AND NOT regexp_matches(file_dir, '^[a-z]:\\users\\[^\\]+\\(documents|desktop|downloads|onedrive)')
)
SELECT
  make_timestamp(min(s.ts_us)) AS session, make_timestamp(min(w.ts_us)) AS first, any_value(w.host) AS host,
  any_value(w.account) AS account, any_value(s.client) AS client, w.file_dir AS directory, count(DISTINCT w.file_path) AS files,
  any_value(w.process_name) AS process, arg_min(w.file, (w.ts_us, w.record)) AS source_file,
  arg_min(w.record, (w.ts_us, w.record)) AS source_record
FROM sessions AS s
INNER JOIN written AS w
  ON w.host_key = s.host_key AND w.account_key = s.account_key AND w.ts_us BETWEEN s.ts_us AND s.ts_us + 14400000000
GROUP BY w.host_key, w.account_key, w.file_dir
HAVING count(DISTINCT w.file_path) >= 15
ORDER BY files DESC, directory
