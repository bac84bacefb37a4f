-- title: A few files a day into one directory, over days
-- attack: T1074.001, T1029
-- finds: a directory into which one account and program put files of people on three or more days, never 20 on one day
-- benign: people's own folders (left out), exports that a schedule makes; a fixed hour speaks for a schedule
-- blind: logs that span less than three days
SELECT
  make_timestamp(min(ts_us)) AS first, make_timestamp(max(ts_us)) AS last, any_value(host) AS host, any_value(account) AS account,
  file_dir AS directory, process_name AS process, count(DISTINCT day) AS days, sum(files) AS files,
  arg_min(file, ts_us) AS source_file, arg_min(record, ts_us) AS source_record
FROM (
  SELECT
    host_key, account_key, file_dir, process_name, ts_us // 86400000000 AS day, count(DISTINCT file_path) AS files,
    min(ts_us) AS ts_us, any_value(host) AS host, any_value(account) AS account, arg_min(file, (ts_us, record)) AS file,
    arg_min(record, (ts_us, record)) AS record
  FROM events
  WHERE kind = 'file_create' AND file_ext IN (
      'doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'pdf', 'csv', 'pst', 'msg', 'eml', 'sql', 'mdb', 'kdbx', 'dwg', 'zip', '7z', 'rar'
    )
    AND NOT regexp_matches(file_dir, '^[a-z]:\\users\\[^\\]+\\(documents|desktop|downloads|pictures|onedrive)|^[a-z]:\\program files')
  GROUP BY host_key, account_key, file_dir, process_name, day
) AS daily
GROUP BY host_key, account_key, file_dir, process_name
HAVING count(DISTINCT day) >= 3 AND max(files) < 20
ORDER BY days DESC, directory
