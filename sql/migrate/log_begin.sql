-- Opens the entry of a file that is run statement by statement.
insert into {log} (set_name, history, version, name, sha256, mode, stmt_total, tool_version)
values ({set}, {history}, {version}, {name}, {sha256}, 'statements', {statements}, {tool})
