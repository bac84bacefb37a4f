-- title: One process reads many audited files
-- attack: T1005, T1119
-- finds: a program that is no part of Windows, indexer or backup, and reads 30 or more audited files within ten minutes
-- benign: search, antivirus and backup agents, which lie below Program Files (left out)
-- blind: hosts on which file reads are not audited (Security 4663)
SELECT
  make_timestamp(min(ts_us)) AS first, make_timestamp(max(ts_us)) AS last, any_value(host) AS host, any_value(account) AS account,
  process_path AS process, count(DISTINCT file_path_lc) AS files, count(DISTINCT file_dir) AS directories, min(file_dir) AS directory,
  arg_min(file, (ts_us, record)) AS source_file, arg_min(record, (ts_us, record)) AS source_record
FROM events
WHERE kind = 'file_access' AND NOT file_dir IS NULL
  AND NOT regexp_matches(coalesce(process_path_lc, ''), '^[a-z]:\\(program files|windows\\system32\\search|windows\\systemapps)')
GROUP BY host_key, process_path, ts_us // 600000000
HAVING count(DISTINCT file_path_lc) >= 30
ORDER BY files DESC
