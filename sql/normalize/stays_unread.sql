b.reason <> 'skip'
