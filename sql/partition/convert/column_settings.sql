-- Each row that is referred to is looked up by the index, and no policy leaves a row out.
set plan_cache_mode = force_custom_plan;
set enable_hashjoin = off;
set enable_mergejoin = off;
set enable_material = off;
set jit = off;
set row_security = off
