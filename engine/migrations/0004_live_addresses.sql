-- Where a sandbox's live service is found: whoever knows it may ask. None until somebody looks for it.
ALTER TABLE sandboxes ADD COLUMN live text UNIQUE;
