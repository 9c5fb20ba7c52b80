-- Plans of version 1 and attempts said "picture" and "sound". Within a string of JSON a quote has a backslash before it, so
-- that nothing but keys and kinds is replaced.
UPDATE `attempts` SET `kind` = CASE `kind` WHEN 'picture' THEN 'video' WHEN 'sound' THEN 'audio' ELSE `kind` END;--> statement-breakpoint
UPDATE `jobs` SET `plan` = replace(replace(replace(replace(replace(replace(`plan`,
  '{"version":1,', '{"version":2,'),
  '"kind":"picture"', '"kind":"video"'),
  '"kind":"sound"', '"kind":"audio"'),
  '"picture":', '"video":'),
  '"sound":', '"audio":'),
  '"soundIsDecoded":', '"audioIsDecoded":')
WHERE `plan` IS NOT NULL;
