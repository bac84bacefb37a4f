-- events → quiet_writers: the programs that created files, one row a path, and of which profiles (p0, p1, …) it is to be asked
-- what they wrote. Programs are few: asking them costs nothing beside asking every write.
CREATE OR REPLACE TEMP TABLE quiet_writers AS
SELECT
  w.process_path_lc AS path_lc,
  w.process_path AS path,
  {asked}
FROM (
  SELECT DISTINCT COALESCE(process_path_lc, '') AS process_path_lc, COALESCE(process_path, '') AS process_path
  FROM events
  WHERE kind = 'file_create'
) AS w
