drop function {function}()
