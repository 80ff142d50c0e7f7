comment on materialized view {view} is {comment}
