alter table {table} add constraint {name}
    foreign key ({columns}) references {referenced} ({referenced_columns}){matching}
    on update {on_update} on delete {on_delete}{deferrable} not valid
