create or replace view {view}{options} as {definition}
